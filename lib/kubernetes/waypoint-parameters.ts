import { codedError } from '../coded-error.js';
import type { Plan } from '../plan/plan.js';
import type { ConfigMap, Resources } from './kinds/index.js';
import { WAYPOINT, WAYPOINT_LABELS } from './waypoint.js';

/** How the pods of the waypoint run, which Istio's controller makes. */
export interface WaypointOptions {
  /** Two or more; with `maxReplicas` the fewest. @default 2 */
  readonly replicas?: number;
  /** The most, as the load of their CPU wants it. @default always as many as `replicas` */
  readonly maxReplicas?: number;
  /** CPU and memory of each. @default those of Istio's charts */
  readonly resources?: Resources;
}

/**
 * What Istio's controller merges into what it makes for the Gateway (Istio 1.31, `deploymentcontroller.go`), each a patch as text.
 * By itself it makes one pod. Throws `too-few-replicas`.
 */
export function waypointParameters({ namespace }: Plan, options: WaypointOptions): ConfigMap {
  const { replicas = 2, maxReplicas, resources } = options;
  checkReplicas('waypoint.replicas', replicas, 2);
  if (maxReplicas !== undefined) checkReplicas('waypoint.maxReplicas', maxReplicas, replicas);
  const spread = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: WAYPOINT_LABELS },
  }));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: WAYPOINT, namespace },
    data: {
      deployment: text({
        ...(maxReplicas === undefined && { replicas }),
        template: {
          spec: {
            topologySpreadConstraints: spread,
            ...(resources && { containers: [{ name: 'istio-proxy', resources }] }),
          },
        },
      }),
      ...(maxReplicas !== undefined && {
        horizontalPodAutoscaler: text({ minReplicas: replicas, maxReplicas }),
      }),
      podDisruptionBudget: text({ maxUnavailable: 1 }),
    },
  };
}

function text(spec: object): string {
  return `${JSON.stringify({ spec }, undefined, 1)}\n`;
}

function checkReplicas(path: string, count: number, least: number): void {
  if (Number.isInteger(count) && count >= least) return;
  throw codedError('too-few-replicas', path, 'one pod less would be none', {
    found: String(count),
    expected: `${least} or more`,
    remedy: 'while no waypoint answers, nobody calls anybody in the namespace',
  });
}
