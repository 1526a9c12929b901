import { type Guard, IS_KUBELET } from './guard.js';

/** What Istio's CNI plugin writes by this way, once it has taken a pod in (Istio 1.31, `cni/pkg/util/podutil.go`). */
const TAKEN_IN = 'ambient.istio.io/redirection';

/**
 * Who writes the status of a pod may write its labels and annotations by it, and the address at which a Service finds it: a
 * pod of one workload would be another's. A kubelet says where its own pods are; it holds their keys as well.
 */
export const podStatus: Guard = {
  id: 'pod-status',
  purpose: 'The status of a pod says how it is, and does not change what it is.',
  remedy: 'write the status alone, as the kubelet does',
  guarded: [{ apiGroups: [''], resources: ['pods/status'], operations: ['UPDATE'] }],
  unless: IS_KUBELET,
  variables: {
    annotations: either('metadata', 'annotations', '{}'),
    before: either('metadata', 'annotations', '{}', 'oldObject'),
  },
  validations: [
    {
      expression: `(${either('metadata', 'labels', '{}')}) == (${either('metadata', 'labels', '{}', 'oldObject')})`,
      message: 'labels are no status',
    },
    {
      // Plugins of the network write what they did into annotations of their own.
      expression: [
        ['annotations', 'before'],
        ['before', 'annotations'],
      ]
        .map(
          ([one, other]) =>
            `variables.${one}.all(key, !key.contains('istio.io/') || key == '${TAKEN_IN}' || ` +
            `(key in variables.${other} && variables.${other}[key] == variables.${one}[key]))`,
        )
        .join(' && '),
      message: 'annotations of Istio are no status',
    },
    {
      expression: `(${either('status', 'podIPs', '[]')}) == (${either('status', 'podIPs', '[]', 'oldObject')})`,
      message: 'only its kubelet says where a pod is',
    },
  ],
};

/** A field of the object, or of the one before, that may be absent with what it is in. */
function either(part: string, field: string, otherwise: string, object = 'object'): string {
  return `has(${object}.${part}) && has(${object}.${part}.${field}) ? ${object}.${part}.${field} : ${otherwise}`;
}
