import { type AccessRule, endOf, type PolicyCondition, type ServicePolicy } from '../../policy.js';
import type { Revocation } from '../../revocation.js';

/**
 * What a sidecar of Istio leaves to the decision service. A request with an `Authorization` header always: Istio takes
 * tokens that the reference calls bad. Of the others those whose answer hangs on a clock, or is a challenge.
 */
export interface IstioDelegation {
  /** Every request to the service: it may be closed. */
  readonly whole: boolean;
  /** Operations that are left with all that Istio says of them. */
  readonly operations: readonly string[];
}

export function delegationOf(
  name: string,
  { rules }: ServicePolicy,
  revocations: readonly Revocation[],
): IstioDelegation {
  const withdrawn = new Set(revocations.flatMap((entry) => (entry.kind === 'rule' ? [entry.rule] : [])));
  const left = rules.filter(
    (rule) =>
      asksForToken(rule) ||
      (hasDate(rule) && speaksWithoutToken(rule)) ||
      (rule.effect === 'allow' && withdrawn.has(rule.id)),
  );
  return {
    whole: revocations.some((entry) => entry.kind === 'service' && entry.service === name),
    operations: [...new Set(left.flatMap((rule) => rule.operations))].sort(),
  };
}

/** Who comes without a token is told to bring one, which Istio cannot. */
function asksForToken({ effect, principals }: AccessRule): boolean {
  return (
    effect === 'allow' &&
    principals.some(
      (principal) => principal.kind === 'token' || (principal.kind === 'workload' && principal.forUser),
    )
  );
}

/** Istio has no clock. */
export function hasDate(rule: AccessRule): boolean {
  return rule.auditUntil !== undefined || endOf(rule) !== undefined;
}

/** Whether the rule can admit or refuse anybody who carries no token. */
export function speaksWithoutToken({ effect, principals, conditions }: AccessRule): boolean {
  const named = principals.some(
    (principal) =>
      principal.kind === 'anyone' ||
      (principal.kind === 'workload' && (effect === 'deny' || !principal.forUser)),
  );
  return named && (effect === 'deny' || conditions.every(isNetwork));
}

export type NetworkCondition = Extract<PolicyCondition, { kind: 'sourceNetwork' }>;

/** The one condition that is about no token. */
export function isNetwork(condition: PolicyCondition): condition is NetworkCondition {
  return condition.kind === 'sourceNetwork';
}
