import { type Check, finding } from './support/check.js';
import { userOf, userPath } from './support/context.js';

/** A rule for users in a model that declares no provider of users: it speaks about nobody. */
export const noProvider: Check = {
  id: 'no-provider',
  severity: 'error',
  optOut: false,
  run: ({ principals, providers }) =>
    principals
      .filter(({ principal }) => userOf(principal) && providers.size === 0)
      .map((located) =>
        finding(userPath(located), 'the model has no provider, so there is no such user', {
          remedy: 'declare one under `identity.providers`',
        }),
      ),
};
