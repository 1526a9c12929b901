import type { MeshAuthorizationOptions } from '../../../lib/kubernetes/mesh-options.js';
import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import type { Plan } from '../../../lib/plan/plan.js';

/** Where a pod of a workload is; any address will do, as nothing goes there. */
const POD_IP = '10.1.1';

/**
 * What a cluster holds besides the mesh's own objects: a Service, its one pod and its endpoints for each service of the
 * plan and for the decision service.
 */
export function workloadsOf(plan: Plan, options: MeshAuthorizationOptions): KubernetesObject[] {
  const { decisionService: decision } = options;
  const isAmbient = options.mode === 'ambient';
  return [
    ...Object.entries(options.services).flatMap(([name, { selector, port, serviceName = name }], at) =>
      workload(plan.namespace, {
        isAmbient,
        serviceName,
        account: name,
        selector,
        servicePort: 80,
        port,
        ip: `${POD_IP}.${at + 1}`,
        protocol: plan.services[name]!.protocol === 'tcp' ? 'tcp' : 'http',
      }),
    ),
    ...(decision
      ? workload(plan.namespace, {
          // It has a sidecar, whoever else has none.
          isAmbient: false,
          serviceName: decision.serviceName,
          account: decision.serviceAccount ?? decision.serviceName,
          selector: decision.selector,
          servicePort: decision.servicePort,
          port: decision.port ?? decision.servicePort,
          ip: `${POD_IP}.200`,
          protocol: 'http',
        })
      : []),
  ];
}

/** What Istio's CNI plugin says of a pod whose connections it has ztunnel take in. */
const ENROLLED = { annotations: { 'ambient.istio.io/redirection': 'enabled' } };

interface Workload {
  readonly isAmbient: boolean;
  readonly serviceName: string;
  readonly account: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly servicePort: number;
  readonly port: number;
  readonly ip: string;
  readonly protocol: 'http' | 'tcp';
}

function workload(
  namespace: string,
  { isAmbient, serviceName: name, account, selector, servicePort, port, ip, protocol }: Workload,
): KubernetesObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: {
        clusterIP: ip.replace(/^10\.1/, '10.9'),
        selector,
        ports: [{ name: protocol, appProtocol: protocol, port: servicePort, targetPort: port }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: account, namespace, labels: selector, ...(isAmbient && ENROLLED) },
      spec: {
        serviceAccountName: account,
        containers: [{ name: 'main', image: 'none', ports: [{ containerPort: port }] }],
      },
      status: { podIP: ip, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: protocol, port, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: [ip],
          conditions: { ready: true },
          targetRef: { kind: 'Pod', name: account, namespace },
        },
      ],
    },
  ];
}
