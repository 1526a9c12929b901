import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';

/** A condition on a user or a token, in a rule of a TCP service. */
export const tcpCondition: Check = {
  id: 'tcp-condition',
  severity: 'error',
  optOut: false,
  run: ({ rules, model }) =>
    rules.flatMap(({ rule, path }) => {
      if (model.services[rule.service]?.protocol !== 'tcp') return [];
      const [key, conditions = []] =
        rule.effect === 'allow' ? (['when', rule.when] as const) : (['unless', rule.unless] as const);
      return conditions.flatMap((condition, index) => {
        if (condition.kind === 'sourceNetwork') return [];
        const message = `"${rule.service}" is a TCP service: a connection shows no user and no token`;
        const detail = {
          found: excerpt(condition),
          expected: '`sourceNetwork(…)`, or no condition',
          remedy: 'put the condition on the service that connects',
        };
        return [finding([...path, key, index], message, detail)];
      });
    }),
};
