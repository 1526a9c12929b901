import type { Provider } from '../model/identity.js';
import { type Check, finding } from './support/check.js';
import { userOf } from './support/context.js';

/**
 * A workload that acts for a user at a service whose audience the user's token can never come to
 * have: the provider neither exchanges tokens nor lets both services accept one audience.
 */
export const delegationWithoutAudience: Check = {
  id: 'delegation-without-audience',
  severity: 'error',
  optOut: false,
  run: (context) =>
    context.principals.flatMap(({ rule, principal, at }) => {
      const user = userOf(principal);
      if (rule.effect === 'deny' || principal.kind !== 'workload' || !user) return [];
      const providers = context.accepted(user, rule.service);
      if (providers.length === 0) return [];
      if (providers.some(([, provider]) => delegates(provider, principal.service, rule.service))) return [];
      const names = providers.map(([name]) => `"${name}"`).join(', ');
      const message = `this can never admit: a user's token of ${names} for "${principal.service}" is none for "${rule.service}"`;
      const remedy = `declare the provider's \`exchange\`, or \`sharedAudience\` with both services`;
      return [finding([...at, 'forUser'], message, { remedy })];
    }),
};

function delegates({ exchange, sharedAudience = [] }: Provider, caller: string, callee: string): boolean {
  return exchange !== undefined || (sharedAudience.includes(caller) && sharedAudience.includes(callee));
}
