import { excerpt } from '../diagnostic.js';
import type { Service } from '../model/service.js';
import { type Check, type Finding, finding } from './support/check.js';
import { issuerAudiences } from './support/audiences.js';

/** What only requests have: nobody would look at it on a connection. */
const OF_REQUESTS = ['audience', 'cors', 'decisionService', 'webSocket'] as const;
/** What only connections have. */
const OF_CONNECTIONS = ['maxConnections', 'idleTimeoutSeconds'] as const;

/** An option that the service's protocol has not, or an audience of a service that reads no token. */
export const protocolOption: Check = {
  id: 'protocol-option',
  severity: 'error',
  optOut: false,
  run: ({ model }) => [
    ...Object.entries(model.services).flatMap(([name, service]) => ofService(name, service)),
    ...issuerAudiences(model).flatMap(({ path, service }) =>
      model.services[service]?.protocol === 'tcp'
        ? [
            finding(path, `"${service}" is a TCP service, which reads no token`, {
              found: excerpt(service),
              remedy: 'leave it out',
            }),
          ]
        : [],
    ),
  ],
};

function ofService(name: string, service: Service): Finding[] {
  const isTcp = service.protocol === 'tcp';
  const keys = isTcp ? OF_REQUESTS : OF_CONNECTIONS;
  return keys
    .filter((key) => service[key] !== undefined)
    .map((key) =>
      finding(
        ['services', name, key],
        `${isTcp ? 'a TCP service' : 'only a TCP service'} has ${isTcp ? 'no' : 'a'} \`${key}\``,
        {
          found: excerpt(service[key]),
          remedy: 'leave it out',
        },
      ),
    );
}
