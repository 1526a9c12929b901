import { extension, seconds } from '../envoy/types.js';
import type { Plan, ServiceNode } from '../plan/plan.js';
import type { MeshService } from './mesh-options.js';
import type { EnvoyFilter, Sidecar } from './kinds/index.js';
import { sidecarScope, type SidecarScopeOptions } from './sidecar-scope.js';

const TCP_PROXY = 'envoy.filters.network.tcp_proxy';

/** Bytes of the caller that wait for the connection to the service; Envoy's advice for the buffer of a connection. */
const WAITING_BYTES = 32_768;

/**
 * What Istio's own objects cannot say of the connections of a TCP service: that none is opened to the service before the
 * rules were asked, and that each ends. How many there may be at once Istio has a word for.
 */
export function connectionObjects(
  { namespace }: Plan,
  { name, connections }: ServiceNode,
  { selector, port }: MeshService,
  scope: SidecarScopeOptions,
): (EnvoyFilter | Sidecar)[] {
  const { max, idleSeconds, maxSeconds } = connections!;
  const metadata = { name: `${name}-connections`, namespace };
  const settings = {
    '@type': extension('filters.network.tcp_proxy.v3.TcpProxy'),
    // Rules are asked at the caller's first byte. By then a server that speaks first would have greeted a stranger.
    upstream_connect_mode: 'ON_DOWNSTREAM_DATA',
    max_early_data_bytes: WAITING_BYTES,
    idle_timeout: seconds(idleSeconds),
    max_downstream_connection_duration: seconds(maxSeconds),
  };
  return [
    {
      apiVersion: 'networking.istio.io/v1alpha3',
      kind: 'EnvoyFilter',
      metadata,
      spec: {
        workloadSelector: { labels: selector },
        configPatches: [
          {
            applyTo: 'NETWORK_FILTER',
            match: {
              context: 'SIDECAR_INBOUND',
              listener: { filterChain: { destinationPort: port, filter: { name: TCP_PROXY } } },
            },
            patch: { operation: 'MERGE', value: { name: TCP_PROXY, typed_config: settings } },
          },
        ],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata,
      spec: {
        workloadSelector: { labels: selector },
        inboundConnectionPool: { tcp: { maxConnections: max } },
        // Where a workload has a `Sidecar` of its own, that of the namespace says nothing.
        ...sidecarScope(scope),
      },
    },
  ];
}
