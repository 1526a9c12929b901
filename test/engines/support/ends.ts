import type { Policy } from '../../../lib/policy/policy.js';

/** The same policy with allows that never end: where it says otherwise, an end decided. */
export function withoutEnds(policy: Policy): Policy {
  const services = Object.entries(policy.services).map(([name, service]) => {
    const rules = service.rules.map((rule) => {
      const { until: _, ...endless } = rule;
      return endless;
    });
    return [name, { ...service, rules }] as const;
  });
  return { ...policy, services: Object.fromEntries(services) };
}
