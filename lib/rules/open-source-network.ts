import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';

/** A source network that is every address: the condition reads like a restriction and is none. */
export const openSourceNetwork: Check = {
  id: 'open-source-network',
  severity: 'warning',
  optOut: true,
  run: ({ rules }) =>
    rules.flatMap(({ rule, path }) => {
      const [key, conditions = []] = rule.effect === 'allow' ? ['when', rule.when] : ['unless', rule.unless];
      return conditions.flatMap((condition, at) => {
        if (condition.kind !== 'sourceNetwork') return [];
        const index = condition.ranges.findIndex((range) => range.endsWith('/0'));
        if (index === -1) return [];
        const message = 'every address of its family is in this range';
        return [
          finding([...path, key, at, 'ranges', index], message, {
            found: excerpt(condition.ranges[index]),
            remedy: 'name the networks that are meant, or take the condition away',
          }),
        ];
      });
    }),
};
