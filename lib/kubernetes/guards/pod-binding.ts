import { type Guard, optional } from './guard.js';

/** What the API server itself copies from the node (Kubernetes 1.36, `PodTopologyLabels`). */
const TOPOLOGY = 'topology.kubernetes.io/';

/**
 * Who binds a pod to its node writes labels and annotations of the pod by it (Kubernetes 1.36, `setPodNodeAndMetadata`), and
 * no guard of pods sees it: the pod would be another workload's, or Istio's CNI plugin would leave it out. A scheduler needs
 * neither; some tell their own plugins something by annotations.
 */
export const podBinding: Guard = {
  id: 'pod-binding',
  purpose: 'Whoever binds a pod says where it runs, and does not change what it is.',
  remedy: 'bind it without them, and write them into the pod',
  guarded: [{ apiGroups: [''], resources: ['bindings', 'pods/binding'], operations: ['CREATE'] }],
  variables: {
    labels: optional('object.metadata.labels', '{}'),
    annotations: optional('object.metadata.annotations', '{}'),
  },
  validations: [
    {
      expression: `variables.labels.all(key, key.startsWith('${TOPOLOGY}'))`,
      message: "who binds a pod to a node gives it no labels but those of the node's place",
    },
    {
      expression: "variables.annotations.all(key, !key.contains('istio.io/'))",
      message: 'who binds a pod to a node gives it no annotations of Istio',
    },
  ],
};
