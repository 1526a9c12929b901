import { excerpt } from '../diagnostic.js';
import { operationOf } from '../policy/operation.js';
import { type Check, finding } from './support/check.js';

/** Everything below `/` of a service, with some method, open to anyone without a condition. */
export const broadPublicRoute: Check = {
  id: 'broad-public-route',
  severity: 'warning',
  optOut: true,
  run: ({ rules }) =>
    rules.flatMap(({ rule, path }) => {
      if (rule.effect !== 'allow' || (rule.when ?? []).length > 0) return [];
      if (!rule.principals.some(({ kind }) => kind === 'anyone')) return [];
      return rule.operations.flatMap((operation, index) => {
        const { segments, rest } = operationOf(operation);
        if (!rest || segments.length > 0) return [];
        return [
          finding([...path, 'operations', index], 'every path is public, also those added later', {
            found: excerpt(operation),
            remedy: 'name the paths that anyone may see',
          }),
        ];
      });
    }),
};
