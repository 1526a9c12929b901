import type { Plan } from '../plan/plan.js';
import { indexPolicy, type PolicyIndex } from '../policy/index-rules.js';

/** Now, and every later instant at which a rule begins to be enforced or what is revoked ends to be. */
export function instantsOf(plans: readonly Plan[], now: number): number[] {
  const audits = plans.flatMap((plan) =>
    [plan.policy, ...(plan.egress ? [plan.egress.policy] : [])].flatMap(({ services }) =>
      Object.values(services).flatMap(({ rules }) => rules.flatMap(({ auditUntil }) => auditUntil ?? [])),
    ),
  );
  const revocations = plans.flatMap(({ revocation }) =>
    revocation.document.entries.map(({ until }) => until),
  );
  const ends = [...audits, ...revocations].filter((end) => end > now);
  return [now, ...new Set(ends.sort((a, b) => a - b))];
}

/**
 * What a plan enforces at an instant, as if that were always so: then callers of two instants, whose tokens are as
 * old at each, are the same callers.
 */
export function enforcedAt({ policy, revocation }: Plan, instant: number): PolicyIndex {
  const services = Object.entries(policy.services).map(([name, service]) => {
    const rules = service.rules.flatMap(({ auditUntil = instant, ...rule }) =>
      instant >= auditUntil ? [rule] : [],
    );
    return [name, { ...service, rules }] as const;
  });
  const { version, entries } = revocation.document;
  return indexPolicy(
    { ...policy, services: Object.fromEntries(services) },
    { version, entries: entries.filter(({ until }) => instant < until) },
  );
}
