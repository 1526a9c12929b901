import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { APP, type GuardCase, type Labels, refused } from './case.js';
import { ENDED, OWN, ended, pod } from './pod.js';

const OWNER = { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly', uid: '0e1d', controller: true };

/** Of what a pod is, whatever is beside it. */
export const PODS: readonly GuardCase[] = [
  // host-access
  ...refused('host-access', [
    ['the network of the node', /hostNetwork/, pod({ spec: { hostNetwork: true } })],
    ['the processes of the node', /hostPID/, pod({ spec: { hostPID: true } })],
    ['the memory of the node', /hostIPC/, pod({ spec: { hostIPC: true } })],
    ['the processes of the sidecar', /shareProcessNamespace/, pod({ spec: { shareProcessNamespace: true } })],
    [
      'a debugger among the processes of the sidecar',
      /a debugger/,
      pod({
        spec: { ephemeralContainers: [{ ...OWN, name: 'debug', targetContainerName: 'istio-proxy' }] },
      }),
    ],
    ['a port of the node', /hostPort/, pod({ app: { ports: [{ containerPort: 80, hostPort: 80 }] } })],
  ]),

  // image-digest
  ...refused('image-digest', [
    ['an image by its tag', /no digest/, pod({ app: { image: 'registry.example/app:1' } })],
    [
      'a debugger by its tag',
      /no digest/,
      pod({ spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] } }),
    ],
    [
      'an image as a volume by its tag',
      /of a volume/,
      pod({ spec: { volumes: [{ name: 'model', image: { reference: 'registry.example/model:1' } }] } }),
    ],
    ['something else that is called the sidecar', /name of an injected one/, pod({ proxy: { image: APP } })],
  ]),

  // A pod that is there: nobody holds what it was made with against whoever lets it go.
  ...(
    [
      ['counted by its controller', ended(), undefined],
      ['of another owner', ended({ ownerReferences: [OWNER] }), undefined],
      ['with an annotation', ended({ annotations: { ...annotationsOf(ENDED), a: 'b' } }), 'image-digest'],
      ['with a label', ended({ labels: { ...labelsOf(ENDED), a: 'b' } }), 'image-digest'],
      ['that ends earlier', ended({}, { activeDeadlineSeconds: 1 }), 'image-digest'],
    ] as const
  ).map(([what, object, refusedBy]) => ({
    what: `a pod with the sidecar of before, ${what}`,
    object,
    before: ENDED,
    operation: 'UPDATE' as const,
    user: 'system:serviceaccount:kube-system:job-controller',
    ...(refusedBy && { refusedBy }),
  })),

  // workload-images
  {
    what: 'an image of its own as the gateway',
    withGateway: true,
    object: pod({
      labels: { 'app.kubernetes.io/name': 'gateway' },
      spec: { serviceAccountName: 'gateway' },
    }),
    refusedBy: 'workload-images',
    because: /account gateway/,
  },

  // workload-identity
  ...refused('workload-identity', [
    [
      'the labels of another workload',
      /must be the pod's service account/,
      pod({ labels: { 'app.kubernetes.io/name': 'refunds' } }),
    ],
    ['no labels', /must be the pod's service account/, pod({ labels: {} })],
    [
      'the labels of a workload with its own',
      /service account orders/,
      pod({ labels: { app: 'orders', 'app.kubernetes.io/name': 'web' } }),
    ],
    [
      'the account of such a workload',
      /service account orders/,
      pod({ labels: {}, spec: { serviceAccountName: 'orders' } }),
    ],
    [
      'the labels of two workloads',
      /must be the pod's service account/,
      pod({
        labels: { app: 'orders', 'app.kubernetes.io/name': 'payments' },
        spec: { serviceAccountName: 'orders' },
      }),
    ],
  ]),
];

function labelsOf({ metadata }: KubernetesObject): Labels {
  return metadata.labels ?? {};
}

function annotationsOf({ metadata }: KubernetesObject): Labels {
  return metadata['annotations'] as Labels;
}
