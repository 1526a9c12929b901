import { type Plan } from '../plan/plan.js';
import { checkedObjects } from './names.js';
import type { MeshMode } from './mesh-options.js';
import type { Namespace, ServiceAccount, WrittenObject } from './kinds/index.js';
import type { KubernetesObject } from './object.js';
import { checkOptions, namespace as schema } from './schemas/index.js';
import { AMBIENT_LABELS } from './waypoint.js';
import { allWorkloads, workloadsOf, type WorkloadsOptions } from './workloads.js';

export interface NamespaceOptions extends WorkloadsOptions {
  /** The revision or tag of istiod that injects the sidecars (`istio.io/rev`). @default the default revision */
  readonly revision?: string;
}

/** The label by which the mesh enrols the pods of a namespace. */
function injectionLabels(revision?: string): Readonly<Record<string, string>> {
  return revision === undefined ? { 'istio-injection': 'enabled' } : { 'istio.io/rev': revision };
}

/** The same without sidecars. Of the waypoint the Gateway names the revision. */
export function meshLabels(
  mode: MeshMode | undefined,
  revision: string | undefined,
): Readonly<Record<string, string>> {
  return mode === 'ambient' ? AMBIENT_LABELS : injectionLabels(revision);
}

/** The labels of Pod Security admission: `restricted` is the strictest of its levels (Kubernetes, "Pod Security Standards"). */
export const POD_SECURITY: Readonly<Record<string, string>> = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/audit': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
};

/**
 * The plan's namespace, enrolled in the mesh, that of a gateway that is made, and a service account for each workload: its name is the last part of the
 * workload's SPIFFE ID. The sidecar brings a token of its own, so that none is mounted; a pod that calls the API server
 * asks for one itself.
 */
export function namespaceObjects(plan: Plan, options: NamespaceOptions = {}): readonly KubernetesObject[] {
  checkOptions(schema, options);
  const { namespace } = plan;
  const workloads = workloadsOf(plan, options);
  const { made } = workloads;
  return checkedObjects<WrittenObject>([
    namespaceOf(namespace, { ...meshLabels(options.mode, options.revision), ...POD_SECURITY }),
    ...(made ? [namespaceOf(made.namespace, POD_SECURITY)] : []),
    ...allWorkloads(workloads).map(
      ({ name }): ServiceAccount => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace },
        automountServiceAccountToken: false,
      }),
    ),
  ]);
}

function namespaceOf(name: string, labels: Readonly<Record<string, string>>): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
