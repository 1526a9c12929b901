import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { type Fields, type GuardCase, refused } from './case.js';
import { running } from './pod.js';

const TAKEN_IN = 'ambient.istio.io/redirection';

const AT = { podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] };

const ELSEWHERE = { podIP: '10.1.2.4', podIPs: [{ ip: '10.1.2.4' }] };

/** Of what is written of a pod beside the pod. */
export const PARTS_OF_PODS: readonly GuardCase[] = [
  // pod-binding
  ...[undefined, 'binding' as const].flatMap((subresource) => {
    const by = subresource === undefined ? 'a Binding' : 'the binding of a pod';
    return [
      { what: `${by} of a scheduler`, object: binding() },
      {
        what: `${by} with the place of the node, and with what a plugin of the scheduler wants`,
        object: binding({
          labels: { 'topology.kubernetes.io/zone': 'a' },
          annotations: { 'gpu.example/index': '1' },
        }),
      },
      ...refused('pod-binding', [
        [`${by} with the name of a workload`, /no labels/, binding({ labels: { app: 'orders' } })],
        [
          `${by} with an annotation of Istio`,
          /no annotations of Istio/,
          binding({ annotations: { 'traffic.sidecar.istio.io/excludeInboundPorts': '8080' } }),
        ],
      ]),
    ].map((each) => ({ ...each, user: 'system:kube-scheduler', ...(subresource && { subresource }) }));
  }),

  // pod-status
  ...(
    [
      ['a condition', 'somebody', { status: { conditions: [{ type: 'shop/ready', status: 'True' }] } }],
      ['that the CNI plugin took it in', 'somebody', { annotations: { [TAKEN_IN]: 'enabled' } }],
      ['what another plugin did', 'somebody', { annotations: { 'network.example/status': 'done' } }],
      ['where it is, by its kubelet', 'system:node:one', { status: AT }],
    ] as const
  ).map(([what, user, parts]) => ({
    what: `the status of a pod: ${what}`,
    object: running(parts),
    before: running(),
    operation: 'UPDATE' as const,
    subresource: 'status' as const,
    user,
    groups: user === 'somebody' ? [] : ['system:nodes'],
  })),
  ...refused('pod-status', [
    ['labels', /labels are no/, running({ labels: { app: 'orders' } })],
    [
      'an annotation of Istio',
      /annotations of Istio/,
      running({ annotations: { 'ambient.istio.io/bypass-inbound-capture': 'true' } }),
    ],
    ['the address of another pod', /only its kubelet/, running({ status: ELSEWHERE })],
    [
      'the same by who is called a node',
      /only its kubelet/,
      running({ status: ELSEWHERE }),
      'system:node:one',
    ],
  ]).map((each) => ({
    ...each,
    what: `the status of a pod: ${each.what}`,
    before: running(),
    operation: 'UPDATE' as const,
    subresource: 'status' as const,
  })),
];

/** What a scheduler writes, and what else somebody writes by it. */
function binding(metadata: Fields = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'running', namespace: 'shop', ...metadata },
    target: { apiVersion: 'v1', kind: 'Node', name: 'one' },
  };
}
