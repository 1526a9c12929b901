import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';
import { issuerSources } from './support/issuer-sources.js';

/**
 * Two issuers whose keys are at one host and two ports. Keys that come through a tunnel are told apart by the
 * name in the handshake, which is the host's.
 */
export const keyHostPorts: Check = {
  id: 'key-host-ports',
  severity: 'error',
  optOut: false,
  run(context) {
    const { egress, engine } = context;
    if (egress.length === 0 && engine !== 'aws') return [];
    const portOf = new Map<string, string>();
    return issuerSources(context).flatMap(({ path, jwksUri }) => {
      const { hostname, port } = new URL(jwksUri);
      const first = portOf.get(hostname) ?? port;
      portOf.set(hostname, first);
      if (port === first) return [];
      return [
        finding([...path, 'jwksUri'], 'keys of another issuer are at another port of this host', {
          found: excerpt(jwksUri),
          remedy: 'serve the keys of one host at one port',
        }),
      ];
    });
  },
};
