import type { Plan } from '../../plan/plan.js';
import { checkedObjects } from '../names.js';
import type { WrittenObject } from '../kinds/index.js';
import type { KubernetesObject } from '../object.js';
import { checkOptions, inCluster } from '../schemas/index.js';
import { workloadsOf, type WorkloadsOptions } from '../workloads.js';
import { egressConfiguration } from './configuration.js';
import { egressDeployment } from './deployment.js';
import { destinationObjects } from './destinations.js';
import { emittedEgress } from './options.js';

export interface EgressObjectsOptions extends WorkloadsOptions {
  /** The domain of the cluster's Services. @default 'cluster.local' */
  readonly clusterDomain?: string;
}

/**
 * The egress gateway of a plan as a Deployment, and the hosts outside that it leads to as the mesh knows them. None where
 * nothing may leave. Throws the errors of `emittedEgress` and `workloadsOf`, and `configuration-size`.
 */
export function egressObjects(plan: Plan, options: EgressObjectsOptions): readonly KubernetesObject[] {
  checkOptions(inCluster, options);
  const { egress: workload } = workloadsOf(plan, options);
  const emitted = emittedEgress(plan, options.egress);
  if (!emitted || !workload) return [];
  const { clusterDomain = 'cluster.local' } = options;
  const configuration = egressConfiguration(plan, emitted.node, emitted.options);
  return checkedObjects<WrittenObject>([
    configuration,
    ...egressDeployment(plan, workload, emitted.options, configuration.metadata.name),
    ...destinationObjects(plan, emitted.node, { serviceName: workload.name, clusterDomain }),
  ]);
}
