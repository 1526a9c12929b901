import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';

/** An operation that the service's protocol has not: a path of a gRPC service, or a method of an HTTP one. */
export const operationProtocol: Check = {
  id: 'operation-protocol',
  severity: 'error',
  optOut: false,
  run: ({ rules, model }) =>
    rules.flatMap(({ rule, path }) =>
      rule.operations.flatMap((operation, index) => {
        const isGrpc = model.services[rule.service]?.protocol === 'grpc';
        if (operation.startsWith('rpc ') === isGrpc) return [];
        const detail = {
          found: excerpt(operation),
          expected: isGrpc ? "`rpc('package.Service/Method')`" : '`METHOD /path`',
          remedy: 'write it so, or name another service',
        };
        const message = `"${rule.service}" is ${isGrpc ? 'a gRPC' : 'an HTTP'} service`;
        return [finding([...path, 'operations', index], message, detail)];
      }),
    ),
};
