import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { extension } from './types.js';

/** Bytes of heap a point may use; it begins to refuse before. */
const MAX_HEAP_BYTES = 1_073_741_824;

const HEAP = 'envoy.resource_monitors.fixed_heap';

/** What a point gives up first when it is flooded: new connections, then new requests. */
export function overloadManager(plan: Plan): Template {
  const above = (value: number): Template => [{ name: HEAP, threshold: { value } }];
  return {
    refresh_interval: '0.25s',
    resource_monitors: [
      {
        name: 'envoy.resource_monitors.global_downstream_max_connections',
        typed_config: {
          '@type': extension('resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig'),
          max_active_downstream_connections: plan.firewall.maxConnections,
        },
      },
      {
        name: HEAP,
        typed_config: {
          '@type': extension('resource_monitors.fixed_heap.v3.FixedHeapConfig'),
          max_heap_size_bytes: MAX_HEAP_BYTES,
        },
      },
    ],
    actions: [
      { name: 'envoy.overload_actions.shrink_heap', triggers: above(0.9) },
      { name: 'envoy.overload_actions.stop_accepting_requests', triggers: above(0.95) },
    ],
    loadshed_points: [{ name: 'envoy.load_shed_points.tcp_listener_accept', triggers: above(0.97) }],
  };
}
