import { type Outcome, type Plan, readCredential } from 'zero-trust-platform';
import { leaves } from '../../../lib/insight/egress.js';
import { type Call, explain } from '../../../lib/insight/explain.js';
import type { Expected, Presented } from './expected.js';
import type { DemoRequest } from './requests.js';

/** What `ztp explain` says that a point decides. */
export interface Explained {
  /** `none` where it says nothing of that point. */
  readonly outcome: Outcome | 'none';
  /** The rule that decides there; none where nothing allows it. */
  readonly rule?: string;
}

/**
 * What `ztp explain` says of the point that is expected to answer. Nothing at all where it has no such way: no connection, a session at the gateway (it is told of tokens), a
 * host at another's sidecar, or one outside that nobody may call.
 */
export function explained(
  plan: Plan,
  request: DemoRequest,
  { headers, certificateThumbprint, session }: Presented,
  { outcome, point }: Expected,
): Explained | undefined {
  const isSession = session !== undefined && point === plan.gateway.key;
  const isAnothers = typeof request.to === 'object' && request.to.sidecar !== request.host;
  if (outcome === 'unreachable' || isSession || isAnothers) return undefined;
  const bearer = session === undefined ? headers : [['authorization', `Bearer ${session}`] as const];
  const call: Call = {
    method: request.method,
    authority: plan.services[request.host]?.authority ?? request.host,
    path: request.path,
    headers,
    credential: readCredential(bearer, () => true),
    sourceAddress: '127.0.0.1',
    now: Math.floor(Date.now() / 1000),
    ...(request.as !== undefined && request.as !== 'gateway' && { workload: request.as }),
    ...(certificateThumbprint && { certificateThumbprint }),
  };
  if (request.to === 'egress' && !leaves(plan, call)) return undefined;
  const said = explain(plan, call).points.find((one) => one.point === point);
  if (!said) return { outcome: 'none' };
  const { decision } = said;
  return { outcome: decision.outcome, ...(decision.rule !== undefined && { rule: decision.rule }) };
}

/** Whether an explanation says what the reference does. */
export function isAsExpected(said: Explained, { outcome, rule }: Expected): boolean {
  return said.outcome === outcome && said.rule === rule;
}
