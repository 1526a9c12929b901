import type { Plan, ServiceNode } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { judgingManager } from './connection-manager.js';
import { FILTERS } from './filter-order.js';
import { rateLimitFilter } from './filters/rate-limit.js';
import { allowFilter, denyFilter, lookFilter } from './filters/rbac.js';
import { routerFilter } from './filters/router.js';
import { listener, publicListener, watchedRoutes } from './listeners.js';
import { connectionLog } from './tcp-log.js';
import { meshServer } from './tls.js';
import { extension } from './types.js';

/**
 * The listener of a TCP service's sidecar for its peers. A connection comes as the stream of a CONNECT request over
 * mTLS, so that the rules are asked before a byte goes either way: Envoy's filters for bare connections are asked at
 * the first byte of the caller, and a server that speaks first has greeted a stranger by then (measured on 1.40).
 */
export function connectionListener(plan: Plan, { sidecar: { key } }: ServiceNode): Template {
  return publicListener('inbound', `${key}/listen`, {
    transport_socket: meshServer(key, ['h2']),
    filters: [
      judgingManager(plan, {
        prefix: 'inbound',
        kind: 'sidecar',
        routes: watchedRoutes(key),
        filters: [
          lookFilter(FILTERS.auditDeny, 'auditDeny'),
          lookFilter(FILTERS.auditAllow, 'auditAllow'),
          denyFilter(FILTERS.deny, 'deny'),
          allowFilter(FILTERS.allow, 'allow'),
          rateLimitFilter(),
          routerFilter(),
        ],
        accessLog: connectionLog(plan, key),
        localReply: {},
        carriesConnections: true,
      }),
    ],
  });
}

/**
 * The loopback port at which a workload reaches one TCP service: whatever connects there is carried to the service's
 * sidecar, which decides. A refusal closes the connection, and so does whatever ends it at the other side.
 */
export function tcpOutboundListener({ sidecar }: ServiceNode, upstream: ServiceNode): Template {
  return listener(`outbound/${upstream.name}`, `${sidecar.key}/outbound/${upstream.name}`, {
    filters: [
      {
        name: 'envoy.filters.network.tcp_proxy',
        typed_config: {
          '@type': extension('filters.network.tcp_proxy.v3.TcpProxy'),
          stat_prefix: `outbound.${upstream.name}`,
          cluster: upstream.key,
          // The port says nothing; CONNECT has one (RFC 9110 section 9.3.6).
          tunneling_config: { hostname: `${upstream.authority}:443` },
        },
      },
    ],
  });
}
