import fc from 'fast-check';
import {
  type AccessRule,
  type Credential,
  type Decision,
  decide,
  indexPolicy,
  type Request,
  type Revocation,
} from '../../lib/policy/index.js';
import { boundKey } from '../../lib/policy/claim.js';
import { policyWith } from './arbitrary.js';

const { PROVE, LAW_RUNS = PROVE === '1' ? '10000' : '250' } = process.env;
/** `PROVE=1`, as `npm run prove` sets it, tries forty times as many. A failure prints its seed and path. */
export const RUNS = Number(LAW_RUNS);
export const SEED = Number(process.env['SEED'] ?? 20_261_123);

export function law<Values>(name: string, property: fc.IProperty<Values>): void {
  test(name, () => {
    fc.assert(property, { numRuns: RUNS, seed: SEED });
  });
}

export function decided(
  own: readonly AccessRule[],
  request: Request,
  entries: readonly Revocation[] = [],
): Decision {
  return decide(indexPolicy(policyWith(own), { version: 1, entries }), request);
}

export function admits(
  own: readonly AccessRule[],
  request: Request,
  entries: readonly Revocation[] = [],
): boolean {
  return decided(own, request, entries).outcome === 'allow';
}

export function expectImplies(before: boolean, after: boolean): void {
  if (before) expect(after).toBe(true);
}

type Jwt = Extract<Credential, { kind: 'jwt' }>;

/** The token that the request carries, or else this one; one that is bound to a key is not good everywhere. */
export function carriedOr(request: Request, credential: Jwt): Jwt {
  const carried = request.credential;
  const isUnbound = carried.kind === 'jwt' && !carried.scheme && boundKey(carried.claims) === undefined;
  return isUnbound ? carried : credential;
}

/** A rule with an id that no other has, in any place among the others. */
export function inserted(own: readonly AccessRule[], rule: AccessRule, at: number): AccessRule[] {
  return own.toSpliced(at % (own.length + 1), 0, { ...rule, id: 'm' });
}
