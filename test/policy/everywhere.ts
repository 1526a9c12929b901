import type { Request } from '../../lib/policy/index.js';
import { allow, anyone, atSidecar, GATEWAY, outcome, request, token, workload } from './fixture.js';

/** A rule that lets everybody in. */
export const OPEN = [
  allow('open', { operations: ['GET /**', 'POST /**'], principals: [anyone, workload('web')] }),
];
export const GET = ['GET /orders'] as const;
export const withToken = (claims: object = {}) => request({ credential: token({ ...claims }) });

/** The outcome at every kind of point that a request can meet; fails if they differ. */
export function everywhere(rules: Parameters<typeof outcome>[0], over: Partial<Request>): string {
  const outcomes = [request(over), atSidecar(GATEWAY, over)].map((asked) => outcome(rules, asked));
  expect(new Set(outcomes).size).toBe(1);
  return outcomes[0]!;
}
