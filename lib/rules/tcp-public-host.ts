import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';

/** A TCP service with a public host: no gateway carries connections of users. */
export const tcpPublicHost: Check = {
  id: 'tcp-public-host',
  severity: 'error',
  optOut: false,
  run: ({ model }) =>
    Object.entries(model.services).flatMap(([name, { protocol, host }]) =>
      protocol === 'tcp' && host !== undefined
        ? [
            finding(['services', name, 'host'], 'no gateway carries connections to a TCP service', {
              found: excerpt(host),
              expected: 'a service that only workloads reach',
              remedy: 'leave the host out, and put an HTTP or gRPC service before it for users',
            }),
          ]
        : [],
    ),
};
