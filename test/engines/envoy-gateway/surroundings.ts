import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { Leaf } from '../support/authority.js';

/** What cert-manager, Istio and whoever installs Envoy Gateway put into a cluster. */
export interface Surroundings {
  /** Names of the Services in the plan's namespace, each with port 80. */
  readonly services: readonly string[];
  readonly ingressNamespace: string;
  readonly edge: Leaf;
  readonly identity: Leaf;
  /** PEM of the mesh's roots. */
  readonly roots: string;
}

/** Everything that Envoy Gateway reads besides what is emitted. */
export function surroundings(
  { namespace }: Plan,
  { services, ingressNamespace, edge, identity, roots }: Surroundings,
): KubernetesObject[] {
  const secret = (name: string, { certificate, key }: Leaf): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: ingressNamespace },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) },
  });
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'eg' },
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    },
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      // The API server adds the label itself.
      metadata: { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace } },
    },
    secret('gateway-certificate', edge),
    secret('gateway-identity', identity),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio-ca-root-cert', namespace },
      data: { 'root-cert.pem': roots },
    },
    ...services.flatMap((name, at): KubernetesObject[] => [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: {
          clusterIP: `10.96.1.${at + 1}`,
          ports: [{ name: 'http', appProtocol: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
        },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: [{ addresses: [`10.1.1.${at + 1}`], conditions: { ready: true } }],
      },
    ]),
  ];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
