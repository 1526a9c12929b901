import type { EgressNode, Plan } from '../../plan/plan.js';
import type { DestinationRule, ServiceEntry } from '../kinds/index.js';
import { EGRESS_SERVICE_PORT } from './options.js';

/** The port of `http://<host>`, at which an application finds a host outside. */
export const CALLED_PORT = 80;

interface Place {
  /** The Kubernetes Service of the egress gateway. */
  readonly serviceName: string;
  readonly clusterDomain: string;
}

/**
 * The hosts outside as the mesh knows them: a workload calls `http://<host>`, and its sidecar carries the call over mutual
 * TLS to the egress gateway, and to nobody of another name. Only the plan's namespace sees them. Who may call is decided there.
 */
export function destinationObjects(
  { namespace }: Plan,
  { spiffeId, destinations }: EgressNode,
  { serviceName, clusterDomain }: Place,
): (DestinationRule | ServiceEntry)[] {
  const address = `${serviceName}.${namespace}.svc.${clusterDomain}`;
  return Object.values(destinations).flatMap(({ host }): (DestinationRule | ServiceEntry)[] => {
    const metadata = { name: `${serviceName}.${host}`, namespace };
    return [
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'ServiceEntry',
        metadata,
        spec: {
          exportTo: ['.'],
          hosts: [host],
          location: 'MESH_EXTERNAL',
          ports: [{ name: 'http', number: CALLED_PORT, protocol: 'HTTP' }],
          // Not where the name leads: where the egress gateway is.
          resolution: 'DNS',
          endpoints: [{ address, ports: { http: EGRESS_SERVICE_PORT } }],
        },
      },
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata,
        spec: {
          exportTo: ['.'],
          host,
          trafficPolicy: {
            portLevelSettings: [
              {
                // Of calls alone: an issuer may have its keys at the same host, with a TLS of its own.
                port: { number: CALLED_PORT },
                // Without it the call would go on in clear text, and be refused there.
                tls: { mode: 'ISTIO_MUTUAL', sni: address, subjectAltNames: [spiffeId] },
              },
            ],
          },
        },
      },
    ];
  });
}
