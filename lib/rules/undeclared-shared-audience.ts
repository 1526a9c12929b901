import { type Check, finding } from './support/check.js';
import { servicesByAudience } from './support/audiences.js';

/**
 * Services with one audience at a provider that does not list them in `sharedAudience`. They accept
 * one another's tokens, which is never to happen without being said.
 */
export const undeclaredSharedAudience: Check = {
  id: 'undeclared-shared-audience',
  severity: 'error',
  optOut: false,
  run: ({ model, providers }) =>
    [...providers].flatMap(([name, provider]) => {
      const declared = new Set(provider.sharedAudience);
      return servicesByAudience(model, provider)
        .filter((services) => !services.every((service) => declared.has(service)))
        .map((services) => {
          const names = services.map((service) => `"${service}"`).join(', ');
          const remedy = 'give each an audience of its own, or list them in `sharedAudience`';
          const message = `${names} have the same audience, so each accepts the others' tokens`;
          return finding(['identity', 'providers', name], message, { remedy });
        });
    }),
};
