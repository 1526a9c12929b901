import type { ElementPath } from '../../model/element-path.js';
import type { AccessRule } from '../../policy/policy.js';
import type { CheckContext } from './context.js';
import { isEnforced } from './context.js';

/** The rules of a service that decide now and from now on, as `decide` sees them. */
export interface EnforcedRules {
  readonly allows: readonly AccessRule[];
  readonly denies: readonly AccessRule[];
}

export interface Enforced {
  readonly services: readonly EnforcedRules[];
  /** Where the rule of an id stands. */
  readonly pathOf: (rule: AccessRule) => ElementPath;
  /** Its place in the model. */
  readonly placeOf: (rule: AccessRule) => number;
}

/** The rules in force, service by service. Rules in audit, and those that speak about nobody, are not there. */
export function enforcedRules(context: CheckContext): Enforced {
  const places = new Map<string, number>();
  for (const { rule, id, path } of context.rules) {
    if (isEnforced(rule, context.now)) places.set(id, path[1]);
  }
  const placeOf = (rule: AccessRule) => places.get(rule.id) ?? -1;
  const services = Object.values(context.policy.services).map(({ rules }) => {
    const inForce = rules.filter((rule) => places.has(rule.id) && rule.principals.length > 0);
    return {
      allows: inForce.filter(({ effect }) => effect === 'allow'),
      denies: inForce.filter(({ effect }) => effect === 'deny'),
    };
  });
  return { services, placeOf, pathOf: (rule) => ['access', placeOf(rule)] };
}
