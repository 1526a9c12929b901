import type { DestinationNode, EgressNode, Plan, ServiceNode } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import { connectionManager } from './connection-manager.js';
import { egressLog } from './egress-log.js';
import { egressReply } from './egress-reply.js';
import { FILTERS } from './filter-order.js';
import { canonicalFilter } from './filters/canonical.js';
import { rateLimitFilter } from './filters/rate-limit.js';
import { allowFilter, denyFilter, lookFilter } from './filters/rbac.js';
import { routerFilter } from './filters/router.js';
import { listener, watchedRoutes } from './listeners.js';
import { timeLimits } from './routes.js';
import { meshServer } from './tls.js';

/** The egress gateway's listener for workloads. It reads no token: only the peer's certificate counts. */
export function egressListener(plan: Plan, { key }: EgressNode): Template {
  return listener('inbound', `${key}/listen`, {
    transport_socket: meshServer(key),
    filters: [
      connectionManager(plan, {
        prefix: 'inbound',
        forwardsPeer: false,
        keepsRequestId: true,
        routes: watchedRoutes(key),
        filters: [
          canonicalFilter(),
          lookFilter(FILTERS.auditAllow, 'auditAllow'),
          denyFilter(FILTERS.deny, 'deny'),
          allowFilter(FILTERS.allow, 'allow'),
          rateLimitFilter(),
          routerFilter(),
        ],
        accessLog: egressLog(plan, key),
        localReply: egressReply(),
      }),
    ],
  });
}

/**
 * The loopback port at which a workload reaches one host outside, through the egress gateway, which
 * decides whether the call may be made.
 */
export function destinationListener(
  plan: Plan,
  { sidecar }: ServiceNode,
  egress: EgressNode,
  { host, authority }: DestinationNode,
): Template {
  const key = `${sidecar.key}/egress/${host}`;
  const name = `egress/${host}`;
  return listener(name, key, {
    filters: [
      connectionManager(plan, {
        prefix: `egress.${host}`,
        forwardsPeer: false,
        keepsRequestId: true,
        routes: {
          route_config: {
            name,
            virtual_hosts: [
              {
                name: host,
                domains: [ref(`${key}/authority`)],
                routes: [
                  {
                    match: { prefix: '/' },
                    route: {
                      cluster: egress.key,
                      host_rewrite_literal: authority,
                      ...timeLimits(plan, 'http'),
                    },
                  },
                ],
              },
            ],
          },
        },
        filters: [canonicalFilter(), routerFilter()],
        accessLog: [],
      }),
    ],
  });
}
