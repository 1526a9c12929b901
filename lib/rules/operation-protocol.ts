import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';

const PROTOCOLS = {
  http: { name: 'an HTTP', expected: '`METHOD /path`' },
  grpc: { name: 'a gRPC', expected: "`rpc('package.Service/Method')`" },
  tcp: { name: 'a TCP', expected: '`connect()`' },
} as const;

/** An operation that the service's protocol has not: a path of a gRPC service, a method of an HTTP or TCP one. */
export const operationProtocol: Check = {
  id: 'operation-protocol',
  severity: 'error',
  optOut: false,
  run: ({ rules, model }) =>
    rules.flatMap(({ rule, path }) =>
      rule.operations.flatMap((operation, index) => {
        const protocol = model.services[rule.service]?.protocol ?? 'http';
        if (protocolOf(operation) === protocol) return [];
        const { name, expected } = PROTOCOLS[protocol];
        const detail = {
          found: excerpt(operation),
          expected,
          remedy: 'write it so, or name another service',
        };
        const message = `"${rule.service}" is ${name} service`;
        return [finding([...path, 'operations', index], message, detail)];
      }),
    ),
};

function protocolOf(operation: string): keyof typeof PROTOCOLS {
  if (operation === 'tcp') return 'tcp';
  return operation.startsWith('rpc ') ? 'grpc' : 'http';
}
