import type { Workloads } from '../workloads.js';
import { type Guard, literals, NAME } from './guard.js';

const OF_SERVICE = 'kubernetes.io/service-name';

/** Who writes them for a Service with a selector: kube-controller-manager, under its own name or one for each controller. */
const CONTROLLERS = [
  'system:kube-controller-manager',
  'system:serviceaccount:kube-system:endpoint-controller',
  'system:serviceaccount:kube-system:endpointslice-controller',
];

/** Where a Service of the plan leads, written by somebody else: what is judged for one service would go to another. */
export function serviceEndpoints({ services, waypoint }: Workloads): Guard {
  const names = literals([
    ...Object.values(services).map(({ serviceName }) => serviceName),
    ...(waypoint ? [waypoint.name] : []),
  ]);
  const label = `object.metadata.labels['${OF_SERVICE}']`;
  return {
    id: 'service-endpoints',
    purpose: 'A call to a service of the plan comes to the pods of that service.',
    remedy: 'let the selector of the Service find its pods',
    guarded: [
      { apiGroups: [''], resources: ['endpoints'], operations: ['CREATE', 'UPDATE'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], operations: ['CREATE', 'UPDATE'] },
    ],
    unless: `request.userInfo.username in ${literals(CONTROLLERS)}`,
    validations: [
      {
        expression: `object.kind != 'Endpoints' || !(${NAME} in ${names})`,
        message: 'only the cluster writes the Endpoints of a Service of the plan',
      },
      {
        expression:
          `object.kind != 'EndpointSlice' || !has(object.metadata.labels) || ` +
          `!('${OF_SERVICE}' in object.metadata.labels) || !(${label} in ${names})`,
        message: `only the cluster writes an EndpointSlice of a Service of the plan (the label ${OF_SERVICE})`,
      },
    ],
  };
}
