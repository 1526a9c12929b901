import type { EgressNode, Plan, ServiceNode } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { destinationCluster, egressCluster } from './egress-clusters.js';
import { destinationListener, egressListener } from './egress-listeners.js';
import { tunnelExits, tunnelListener } from './key-tunnel.js';
import { readyListener } from './listeners.js';
import type { PointProfile } from './profile.js';

interface Resources {
  readonly listeners: readonly Template[];
  readonly clusters: readonly Template[];
}

/**
 * The egress gateway: fixed destinations, each a cluster of its own, and the tunnel for issuers' keys,
 * which it cannot read. Nothing else leads out of it.
 */
export function egressResources(
  plan: Plan,
  egress: EgressNode,
  { standIns = {}, behindIstio = false }: PointProfile,
): Resources {
  const carriesKeys = !behindIstio && Object.keys(plan.issuers).length > 0;
  return {
    listeners: [
      egressListener(plan, egress),
      readyListener(egress.key),
      ...(carriesKeys ? [tunnelListener(plan)] : []),
    ],
    clusters: [
      ...Object.values(egress.destinations).map((node) =>
        destinationCluster(plan, node, standIns[node.host]),
      ),
      ...(carriesKeys ? tunnelExits(plan) : []),
    ],
  };
}

/** A sidecar's ways to the hosts outside that its workload may call; none where there are none. */
export function waysOut(plan: Plan, service: ServiceNode): Resources {
  const { egress } = plan;
  const { key, destinations = [] } = service.sidecar;
  if (!egress || destinations.length === 0) return { listeners: [], clusters: [] };
  return {
    listeners: destinations.map((host) =>
      destinationListener(plan, service, egress, egress.destinations[host]!),
    ),
    clusters: [egressCluster(plan, key, egress)],
  };
}
