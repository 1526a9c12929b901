import type { Plan } from '../plan/plan.js';
import { indexPolicy, type PolicyIndex } from '../policy/index-rules.js';
import { type AccessRule, endOf } from '../policy/policy.js';
import type { PolicyDifference } from './compare.js';

/** Seconds since the epoch at which what the rule decides changes by itself. */
export function datesOf(rule: AccessRule): number[] {
  return [rule.auditUntil, endOf(rule)].filter((date) => date !== undefined);
}

/** Now, and every later instant at which a rule begins to be enforced or ends, or what is revoked ends to be. */
export function instantsOf(plans: readonly Plan[], now: number): number[] {
  const rules = plans.flatMap((plan) =>
    [plan.policy, ...(plan.egress ? [plan.egress.policy] : [])].flatMap(({ services }) =>
      Object.values(services).flatMap(({ rules }) => rules.flatMap(datesOf)),
    ),
  );
  const revocations = plans.flatMap(({ revocation }) =>
    revocation.document.entries.map(({ until }) => until),
  );
  const ends = [...rules, ...revocations].filter((end) => end > now);
  return [now, ...new Set(ends.sort((a, b) => a - b))];
}

/**
 * What a plan enforces at an instant, as if that were always so: then callers of two instants, whose tokens are as
 * old at each, are the same callers.
 */
export function enforcedAt({ policy, revocation }: Plan, instant: number): PolicyIndex {
  const services = Object.entries(policy.services).map(([name, service]) => {
    const rules = service.rules.flatMap((dated) => {
      const { auditUntil = instant, until: _, ...rule } = dated;
      return instant >= auditUntil && instant < (endOf(dated) ?? Number.POSITIVE_INFINITY) ? [rule] : [];
    });
    return [name, { ...service, rules }] as const;
  });
  const { version, entries } = revocation.document;
  return indexPolicy(
    { ...policy, services: Object.fromEntries(services) },
    { version, entries: entries.filter(({ until }) => instant < until) },
  );
}

/** A difference with when it begins, if that is not now, and when it ends, if it does. */
export function dated(
  one: PolicyDifference,
  instants: readonly number[],
  instant: number,
  isAlikeAt: (later: number) => boolean,
): PolicyDifference {
  const until = instants.find((later) => later > instant && isAlikeAt(later));
  return { ...one, ...(instant !== instants[0] && { from: instant }), ...(until !== undefined && { until }) };
}
