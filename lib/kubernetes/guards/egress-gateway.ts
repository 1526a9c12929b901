import { CONFIGURATION_NAME } from '../egress/index.js';
import type { PodSpec } from '../kinds/index.js';
import type { Guard } from './guard.js';
import { writtenPods } from './written-pods.js';

/**
 * Public addresses are open to the pods of the egress gateway, and they have no sidecar. Whoever runs under its account runs
 * Envoy alone, as it was written, by a configuration that a deployer applied and with the certificates of the mesh.
 */
export function egressGateway(spec: PodSpec): Guard {
  return writtenPods(
    'egress-gateway',
    'Whatever runs under the account of the egress gateway is that gateway, as it was written.',
    {
      who: 'the egress gateway',
      spec,
      byContent: { volume: 'configuration', names: CONFIGURATION_NAME },
      hasSidecar: false,
    },
  );
}
