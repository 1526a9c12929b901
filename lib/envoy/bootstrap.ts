import type { Plan } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import { applicationCluster, issuerCluster, peerCluster } from './clusters.js';
import { gatewayListener, inboundListener, outboundListener, readyListener } from './listeners.js';
import { overloadManager } from './overload.js';

/** The bootstrap of the gateway: everything but the rules, which come by the watched file. */
export function gatewayBootstrap(plan: Plan): Template {
  const { key, services } = plan.gateway;
  return bootstrap(plan, key, {
    listeners: [gatewayListener(plan), readyListener(key)],
    clusters: [
      ...services.map((name) => peerCluster(plan, key, plan.services[name]!)),
      ...Object.values(plan.issuers).map(issuerCluster),
    ],
  });
}

/** The bootstrap of one service's sidecar. */
export function sidecarBootstrap(plan: Plan, name: string): Template {
  const service = plan.services[name]!;
  const { key, upstreams } = service.sidecar;
  const peers = upstreams.map((upstream) => plan.services[upstream]!);
  return bootstrap(plan, key, {
    listeners: [
      inboundListener(plan, service),
      ...peers.map((peer) => outboundListener(plan, service, peer)),
      readyListener(key),
    ],
    clusters: [
      applicationCluster(plan, service),
      ...peers.map((peer) => peerCluster(plan, key, peer)),
      ...Object.values(plan.issuers).map(issuerCluster),
    ],
  });
}

function bootstrap(
  plan: Plan,
  point: string,
  resources: { listeners: Template[]; clusters: Template[] },
): Template {
  return {
    node: { id: point, cluster: plan.trustDomain },
    // 384 is 0600: the admin interface can do everything, so only its owner may open it.
    admin: { address: { pipe: { path: ref(`${point}/admin/path`), mode: 384 } } },
    static_resources: resources,
    overload_manager: overloadManager(plan),
    stats_config: { stats_tags: [{ tag_name: 'point', fixed_value: point }] },
  };
}
