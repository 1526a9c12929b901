import ipaddr from 'ipaddr.js';
import { canonicalJson, sameJson } from '../../plan/json.js';
import type { ParsedOperation } from '../../policy/operation.js';
import { operationOf } from '../../policy/operation.js';
import {
  type AccessRule,
  type ClaimTest,
  endOf,
  type PolicyCondition,
  type PolicyPrincipal,
} from '../../policy/policy.js';

/**
 * When one rule makes another needless or void, by `decide`'s own semantics. Only what is certain
 * counts: `false` means "not known to".
 */

/** Whether every request of `b` is one of `a`. */
export function coversOperation(a: ParsedOperation, b: ParsedOperation): boolean {
  if (a.method !== b.method || b.segments.length < a.segments.length) return false;
  if (!a.rest && (b.rest || b.segments.length > a.segments.length)) return false;
  return a.segments.every((segment, at) => segment === undefined || segment === b.segments[at]);
}

/** Whether some request is of both. */
export function overlaps(a: ParsedOperation, b: ParsedOperation): boolean {
  if (a.method !== b.method) return false;
  const [short, long] = a.segments.length <= b.segments.length ? [a, b] : [b, a];
  if (short.segments.length < long.segments.length && !short.rest) return false;
  return short.segments.every((segment, at) => {
    const other = long.segments[at];
    return segment === undefined || other === undefined || segment === other;
  });
}

/** Whether the allow `a` admits whatever the allow `b` admits, for as long as that does. */
export function admitsAll(a: AccessRule, b: AccessRule): boolean {
  return (
    b.principals.every((wanted) => a.principals.some((given) => isAdmittedWith(given, wanted))) &&
    a.conditions.every((needed) => b.conditions.some((given) => implies(given, needed))) &&
    coversOperations(a, b) &&
    lastOf(a) >= lastOf(b)
  );
}

function lastOf(rule: AccessRule): number {
  return endOf(rule) ?? Number.POSITIVE_INFINITY;
}

/** Whether the deny `a` refuses whatever the rule `b` speaks about, always. */
export function refusesAll(a: AccessRule, b: AccessRule): boolean {
  return a.conditions.length === 0 && deniesPrincipals(a, b) && coversOperations(a, b);
}

/** Whether the deny `a` refuses whatever the deny `b` refuses. */
export function refusesAsMuch(a: AccessRule, b: AccessRule): boolean {
  if (a.conditions.length === 0) return refusesAll(a, b);
  return (
    b.conditions.length > 0 &&
    b.conditions.every((lifting) => a.conditions.some((needed) => implies(needed, lifting))) &&
    deniesPrincipals(a, b) &&
    coversOperations(a, b)
  );
}

function coversOperations(a: AccessRule, b: AccessRule): boolean {
  const own = a.operations.map(operationOf);
  return b.operations.map(operationOf).every((wanted) => own.some((given) => coversOperation(given, wanted)));
}

function deniesPrincipals(a: AccessRule, b: AccessRule): boolean {
  // A deny goes by the peer alone, whatever token it carries.
  const spoken = b.effect === 'allow' ? b.principals : b.principals.map(withoutUser);
  return spoken.every((wanted) => a.principals.some((given) => isDeniedWith(given, wanted)));
}

function withoutUser(principal: PolicyPrincipal): PolicyPrincipal {
  return principal.kind === 'workload' ? { kind: 'workload', spiffeId: principal.spiffeId } : principal;
}

/** Whether an allow's `given` speaks about every request that an allow's `wanted` speaks about. */
function isAdmittedWith(given: PolicyPrincipal, wanted: PolicyPrincipal): boolean {
  switch (given.kind) {
    case 'anyone':
      return wanted.kind !== 'workload';
    case 'token':
      return wanted.kind === 'token' && isCarriedWith(given, wanted);
    case 'workload':
      if (wanted.kind !== 'workload' || wanted.spiffeId !== given.spiffeId) return false;
      return !given.forUser || (wanted.forUser !== undefined && isCarriedWith(given.forUser, wanted.forUser));
  }
}

/** Whether a deny's `given` speaks about every request that `wanted`, of any rule, speaks about. */
function isDeniedWith(given: PolicyPrincipal, wanted: PolicyPrincipal): boolean {
  switch (given.kind) {
    case 'anyone':
      return true;
    case 'token':
      if (wanted.kind === 'token') return isCarriedWith(given, wanted);
      return (
        wanted.kind === 'workload' && wanted.forUser !== undefined && isCarriedWith(given, wanted.forUser)
      );
    case 'workload':
      return wanted.kind === 'workload' && wanted.spiffeId === given.spiffeId;
  }
}

interface Token {
  readonly issuer: string;
  readonly claims: readonly ClaimTest[];
}

function isCarriedWith(given: Token, wanted: Token): boolean {
  if (given.issuer !== wanted.issuer) return false;
  const has = new Set(wanted.claims.map((test) => canonicalJson(test)));
  return given.claims.every((test) => has.has(canonicalJson(test)));
}

/** Whether `b` holds wherever `a` holds. */
function implies(a: PolicyCondition, b: PolicyCondition): boolean {
  if (a.kind === 'signedInWithin' && b.kind === 'signedInWithin') return a.seconds <= b.seconds;
  if (a.kind === 'sourceNetwork' && b.kind === 'sourceNetwork') {
    return a.ranges.every((inner) => b.ranges.some((outer) => isWithin(inner, outer)));
  }
  return sameJson(a, b);
}

function isWithin(inner: string, outer: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(inner);
  const [outerNetwork, outerBits] = ipaddr.parseCIDR(outer);
  if (network.kind() !== outerNetwork.kind() || bits < outerBits) return false;
  return network.match([outerNetwork, outerBits] as [ipaddr.IPv4, number]);
}
