import { type Check, finding } from './support/check.js';

/** A service that no rule allows anyone to call. */
export const unreachableService: Check = {
  id: 'unreachable-service',
  severity: 'warning',
  optOut: true,
  run({ model, rules }) {
    const allowed = new Set(
      rules.filter(({ rule }) => rule.effect === 'allow').map(({ rule }) => rule.service),
    );
    return Object.keys(model.services)
      .filter((name) => !allowed.has(name))
      .map((name) =>
        finding(['services', name], 'no rule allows anyone to call it', {
          remedy: 'write an allow for it, or remove it',
        }),
      );
  },
};
