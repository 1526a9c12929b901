import type { Abilities } from './ability.js';
import { istio } from './istio.js';

/**
 * A waypoint of Istio, behind the canonical filter, with a ztunnel that lets nobody else to the pods. It asks the same
 * questions as a sidecar, of the same language (`compile/istio`).
 */
export const istioAmbient: Abilities = {
  ...istio,
  target: 'istio-ambient',
  operations: {
    ...istio.operations,
    tcp: {
      how: 'refused',
      note: 'behind a waypoint ztunnel sees the waypoint as the peer of every connection, and not who calls',
    },
  },
  outcomes: {
    ...istio.outcomes,
    nonCanonical: { how: 'itself', note: 'by an EnvoyFilter whose target is the waypoint' },
  },
};
