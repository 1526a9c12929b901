import { PUBLIC_NETWORKS } from '../../envoy/egress-public-address.js';
import type { Plan } from '../../plan/plan.js';
import type { Flow } from '../network-policy.js';
import type { ServiceEntry } from '../kinds/index.js';
import { type EmittedDecisionService, meshDecisionService, type PrivateIssuer } from './options.js';

/** A server that has the keys of issuers. */
interface KeyServer {
  readonly host: string;
  readonly port: number;
  /** Where it is, if it has no public address. */
  readonly at?: PrivateIssuer;
}

/**
 * The servers of the issuers' keys as the mesh knows them: opaque bytes over TCP, by the name in the client's hello, so that
 * the decision service itself verifies certificate and name. Only the plan's namespace sees them.
 */
export function keyServerEntries(
  plan: Plan,
  options: EmittedDecisionService,
  clusterDomain: string,
): ServiceEntry[] {
  const { serviceName } = meshDecisionService(options);
  const byHost = Map.groupBy(
    keyServers(plan, options).filter(({ host }) => namespaceOf(host, clusterDomain) === undefined),
    ({ host }) => host,
  );
  return [...byHost].map(
    ([host, servers]): ServiceEntry => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: `${serviceName}-keys.${host}`, namespace: plan.namespace },
      spec: {
        exportTo: ['.'],
        hosts: [host],
        location: 'MESH_EXTERNAL',
        ports: [...new Set(servers.map(({ port }) => port))].map((number) => ({
          name: `tls-${number}`,
          number,
          protocol: 'TLS',
        })),
        // The sidecar looks the name up: an address that the process chooses itself goes nowhere.
        resolution: 'DNS',
      },
    }),
  );
}

/** The same servers as the egress of a `Sidecar` names them. */
export function keyServerHosts(plan: Plan, options: EmittedDecisionService, clusterDomain: string): string[] {
  return [
    ...new Set(
      keyServers(plan, options).map(({ host }) => `${namespaceOf(host, clusterDomain) ?? '.'}/${host}`),
    ),
  ];
}

/**
 * Ways to the servers of keys: public addresses on the ports of the issuers, and of the others what was named.
 * @param isDirect false if public addresses are reached by an egress gateway
 */
export function keyServerFlows(plan: Plan, options: EmittedDecisionService, isDirect: boolean): Flow[] {
  const servers = keyServers(plan, options);
  const open = [...new Set(servers.filter(({ at }) => !at).map(({ port }) => port))];
  return [
    ...(isDirect && open.length > 0 ? [{ peers: PUBLIC_NETWORKS, ports: open }] : []),
    ...servers.flatMap(({ at, port }): Flow[] => {
      if (!at) return [];
      if ('networks' in at) return [{ peers: at.networks, ports: [port] }];
      return [{ peers: [{ namespace: at.namespace, selector: at.selector }], ports: [at.port] }];
    }),
  ];
}

function keyServers({ issuers }: Plan, { privateIssuers = {} }: EmittedDecisionService): KeyServer[] {
  return Object.entries(issuers).map(([name, { jwksUri }]) => {
    const { hostname, port } = new URL(jwksUri);
    const at = privateIssuers[name];
    return { host: hostname, port: port === '' ? 443 : Number(port), ...(at && { at }) };
  });
}

/** The namespace of a Service of the cluster, which the mesh knows by itself. */
function namespaceOf(host: string, clusterDomain: string): string | undefined {
  if (!host.endsWith(`.svc.${clusterDomain}`)) return undefined;
  return host.slice(0, -`.svc.${clusterDomain}`.length).split('.').at(-1);
}
