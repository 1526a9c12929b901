import { ENVOY_ARGUMENTS } from '../../envoy/index.js';
import type { Plan } from '../../plan/plan.js';
import { ISTIO } from '../istio.js';
import type {
  Container,
  Probe,
  Resources,
  Role,
  RoleBinding,
  VolumeSource,
  WrittenObject,
} from '../kinds/index.js';
import { replicatedPods, RESTRICTED } from '../replicated-pods.js';
import type { Workload } from '../workloads.js';
import { FOLDERS } from './configuration.js';
import { EGRESS_PORT, EGRESS_SERVICE_PORT, type EgressGatewayOptions } from './options.js';

/** The same number as in `gateway/Dockerfile`. */
const USER = 20901;

/** Seconds in which a pod that is to end still takes connections, until nobody finds it any more. */
const DRAIN_SECONDS = 15;

/** The CSI driver of cert-manager for SPIFFE IDs. */
export const CSI_DRIVER = 'spiffe.csi.cert-manager.io';

const COMMAND = [
  '/usr/local/bin/envoy',
  '--config-path',
  `${FOLDERS.configuration}/bootstrap.json`,
  ...ENVOY_ARGUMENTS,
  '--log-level',
  'warning',
  '--concurrency',
  '2',
  // Envoy's own is ten seconds, in which a pod can be gone with what it decided.
  '--file-flush-interval-msec',
  '1000',
] as const;

const DEFAULT_RESOURCES: Resources = {
  requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '16Mi' },
  limits: { cpu: '1', memory: '512Mi', 'ephemeral-storage': '64Mi' },
};

/** Its pods, and where they are found. `configuration` is the name of its ConfigMap. */
export function egressDeployment(
  { namespace }: Plan,
  { name, selector }: Workload,
  options: EgressGatewayOptions,
  configuration: string,
): readonly WrittenObject[] {
  const { image, replicas = 2, resources = DEFAULT_RESOURCES, certificates = fromDriver() } = options;
  const ready: Pick<Probe, 'httpGet' | 'timeoutSeconds'> = {
    httpGet: { path: '/ready', port: ISTIO.readinessPort },
    timeoutSeconds: 2,
  };
  const container: Container = {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: COMMAND,
    ports: [{ name: 'workloads', containerPort: EGRESS_PORT }],
    resources,
    startupProbe: { ...ready, periodSeconds: 2, failureThreshold: 60 },
    readinessProbe: { ...ready, periodSeconds: 5 },
    // One that is not ready may become so: only one that takes no connection is ended.
    livenessProbe: { tcpSocket: { port: ISTIO.readinessPort }, periodSeconds: 30 },
    lifecycle: { preStop: { sleep: { seconds: DRAIN_SECONDS } } },
    securityContext: RESTRICTED,
    volumeMounts: [
      { name: 'configuration', mountPath: FOLDERS.configuration, readOnly: true },
      { name: 'certificates', mountPath: FOLDERS.certificates, readOnly: true },
      { name: 'work', mountPath: FOLDERS.work },
    ],
  };
  return [
    ...replicatedPods({
      namespace,
      name,
      serviceAccount: name,
      selector,
      // It is its own Envoy: a sidecar before it would end the connections whose certificates it reads.
      inject: false,
      replicas,
      user: USER,
      drainSeconds: DRAIN_SECONDS,
      container,
      volumes: [
        { name: 'configuration', configMap: { name: configuration } },
        { name: 'certificates', ...certificates },
        { name: 'work', emptyDir: { sizeLimit: '16Mi' } },
      ],
    }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: {
        selector,
        ports: [{ name: 'tls', appProtocol: 'tls', port: EGRESS_SERVICE_PORT, targetPort: EGRESS_PORT }],
      },
    },
    ...(options.certificates ? [] : requestRight(namespace, name)),
  ];
}

function fromDriver(): VolumeSource {
  const volumeAttributes = { [`${CSI_DRIVER}/fs-group`]: String(USER) };
  return { csi: { driver: CSI_DRIVER, readOnly: true, volumeAttributes } };
}

/** The driver asks for the certificate under the pod's own account. */
function requestRight(namespace: string, account: string): (Role | RoleBinding)[] {
  const name = `${account}-certificate`;
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name, namespace },
      rules: [{ apiGroups: ['cert-manager.io'], resources: ['certificaterequests'], verbs: ['create'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
  ];
}
