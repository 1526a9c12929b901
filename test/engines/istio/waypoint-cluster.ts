import { AMBIENT_LABELS, WAYPOINT, WAYPOINT_LABELS } from '../../../lib/kubernetes/waypoint.js';
import type { KubernetesObject } from '../../../lib/kubernetes/object.js';

/** Addresses of the waypoint's Service and of its one pod. */
export const WAYPOINT_SERVICE = '10.9.1.250';
const WAYPOINT_POD = '10.1.1.250';

/** What a cluster holds besides: the namespace, and what Istio's controller makes of the Gateway. */
export function waypointCluster(namespace: string): KubernetesObject[] {
  const labels = { ...WAYPOINT_LABELS, 'gateway.istio.io/managed': 'istio.io-mesh-controller' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: AMBIENT_LABELS } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: WAYPOINT, namespace, labels },
      spec: {
        clusterIP: WAYPOINT_SERVICE,
        selector: WAYPOINT_LABELS,
        ports: [{ name: 'mesh', appProtocol: 'hbone', port: 15008, targetPort: 15008 }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: WAYPOINT, namespace, labels },
      spec: {
        serviceAccountName: WAYPOINT,
        containers: [{ name: 'istio-proxy', image: 'none', ports: [{ containerPort: 15008 }] }],
      },
      status: { podIP: WAYPOINT_POD, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'waypoint-1', namespace, labels: { 'kubernetes.io/service-name': WAYPOINT } },
      addressType: 'IPv4',
      ports: [{ name: 'mesh', port: 15008, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: [WAYPOINT_POD],
          conditions: { ready: true },
          targetRef: { kind: 'Pod', name: WAYPOINT, namespace },
        },
      ],
    },
  ];
}

/** What the controller writes into the Gateway once its pods run. */
export function withAddress(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Gateway') return object;
  const { name, namespace } = object.metadata;
  const value = `${name}.${namespace}.svc.cluster.local`;
  return { ...object, status: { addresses: [{ type: 'Hostname', value }] } };
}
