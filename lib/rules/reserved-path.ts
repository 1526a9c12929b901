import { excerpt } from '../diagnostic.js';
import { LOGIN_PREFIX } from '../policy/login.js';
import { operationOf } from '../policy/operation.js';
import { type Check, finding } from './support/check.js';

/** An operation below the path that belongs to the gateway's login: no request would ever come to it. */
export const reservedPath: Check = {
  id: 'reserved-path',
  severity: 'error',
  optOut: false,
  run: ({ rules, model }) =>
    rules.flatMap(({ rule, path }) =>
      rule.operations.flatMap((operation, index) => {
        if (!model.services[rule.service]?.login) return [];
        if (operationOf(operation).segments[0] !== LOGIN_PREFIX) return [];
        return [
          finding([...path, 'operations', index], "the path belongs to the gateway's login", {
            found: excerpt(operation),
            expected: `a path that does not begin with /${LOGIN_PREFIX}`,
            remedy: 'serve it below another path',
          }),
        ];
      }),
    ),
};
