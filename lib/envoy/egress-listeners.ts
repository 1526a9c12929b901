import type { DestinationNode, EgressNode, Plan, ServiceNode } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { judgingManager } from './connection-manager.js';
import { egressLog } from './egress-log.js';
import { egressReply } from './egress-reply.js';
import { FILTERS } from './filter-order.js';
import { canonicalFilter } from './filters/canonical.js';
import { rateLimitFilter } from './filters/rate-limit.js';
import { allowFilter, denyFilter, lookFilter } from './filters/rbac.js';
import { routerFilter } from './filters/router.js';
import { callListener, publicListener, watchedRoutes } from './listeners.js';
import { answerLimit } from './routes.js';
import { meshServer } from './tls.js';

/** The egress gateway's listener for workloads. It reads no token: only the peer's certificate counts. */
export function egressListener(plan: Plan, { key }: EgressNode): Template {
  return publicListener('inbound', `${key}/listen`, {
    transport_socket: meshServer(key),
    filters: [
      judgingManager(plan, {
        prefix: 'inbound',
        kind: 'egress',
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
  service: ServiceNode,
  egress: EgressNode,
  { host, authority }: DestinationNode,
): Template {
  return callListener(service, {
    kind: 'egress',
    host,
    cluster: egress.key,
    authority,
    timeout: answerLimit(plan, 'http'),
  });
}
