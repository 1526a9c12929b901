import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import { DEPLOYER, type GuardCase, PROXY } from './guard-cases/index.js';
import {
  ENVIRONMENT,
  MORE,
  MOUNTS,
  OTHER_MOUNTS,
  OTHER_VARIABLES,
  OTHER_VOLUMES,
  VOLUME_OF_MINE,
  VOLUMES,
} from './guard-cases/proxy-container.js';
import { decisionPod } from './guard-cases/written-pods.js';
import { POD, RESTRICTED } from './restricted.js';

type Fields = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;

interface Meta {
  readonly name?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
}

const pod = (account: string, more: Meta = {}, spec: Fields = {}): KubernetesObject => {
  const { name = 'it', labels = { 'app.kubernetes.io/name': account }, annotations = {} } = more;
  const container = { name: 'app', image: PROXY, securityContext: RESTRICTED };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels, annotations },
    spec: { serviceAccountName: account, securityContext: POD, containers: [container], ...spec },
  };
};
const OF_WAYPOINT = {
  'gateway.networking.k8s.io/gateway-name': 'waypoint',
  'istio.io/dataplane-mode': 'none',
  'sidecar.istio.io/inject': 'false',
};
const { 'istio.io/dataplane-mode': _none, ...IN_ZTUNNEL } = OF_WAYPOINT;
/** A second one, without a policy. */
const ENVOY = { exec: { command: ['/usr/local/bin/envoy', '--config-yaml', '{}'] } };
const ready = { httpGet: { path: '/healthz/ready', port: 15021, scheme: 'HTTP' } };
const PROXY_CONTAINER = {
  name: 'istio-proxy',
  image: PROXY,
  args: ['proxy', 'waypoint', '--domain', '$(POD_NAMESPACE).svc.cluster.local'],
  securityContext: RESTRICTED,
  env: ENVIRONMENT,
  startupProbe: ready,
  readinessProbe: ready,
};
const PREPARES = { name: 'istio-validation', image: PROXY, securityContext: RESTRICTED };
/** Of a sidecar, which a waypoint has not (Istio 1.31, `files/waypoint.yaml`). */
const OF_SIDECARS = ['credential-socket', 'workload-certs', 'istio-ca-crl'];
const isOfWaypoint = ({ name }: Fields) => !OF_SIDECARS.includes(name as string);
const volumeMounts = MOUNTS.filter(isOfWaypoint);
const volumes = VOLUMES.filter(isOfWaypoint);
const waypoint = (labels: Labels = OF_WAYPOINT, container: Fields = {}, spec: Fields = {}) =>
  pod(
    'waypoint',
    { labels },
    { containers: [{ ...PROXY_CONTAINER, volumeMounts, ...container }], volumes, ...spec },
  );
const service = (labels: Labels): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'orders', namespace: 'shop', labels },
  spec: { selector: { app: 'orders' }, ports: [{ port: 8000, targetPort: 8081 }] },
});
const led = (name: string, spec: Fields): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec,
});
const named = (name: string) => ({ 'app.kubernetes.io/name': name });
const endpoints = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name, namespace: 'shop' },
});
const slice = (name: string): KubernetesObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'mine', namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  endpoints: [],
});
const ofGatewayApi = (kind: keyof typeof ROUTED): KubernetesObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind,
  metadata: { name: 'foreign', namespace: 'shop' },
  spec: ROUTED[kind],
});
const ROUTED = {
  Gateway: { gatewayClassName: 'istio', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
  HTTPRoute: {
    parentRefs: [{ group: '', kind: 'Service', name: 'web' }],
    rules: [{ backendRefs: [{ name: 'orders', port: 8000 }] }],
  },
};
const label = (name: string, value: string) => ({
  labels: { 'app.kubernetes.io/name': 'web', [name]: value },
});
const namespace = (labels: Labels): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'restricted', ...labels } },
});
const ENROLLED = {
  'istio.io/dataplane-mode': 'ambient',
  'istio.io/use-waypoint': 'waypoint',
  'istio.io/ingress-use-waypoint': 'true',
};
const without = (name: keyof typeof ENROLLED) =>
  Object.fromEntries(Object.entries(ENROLLED).filter(([key]) => key !== name));
const enrolled = { annotations: { 'ambient.istio.io/redirection': 'enabled' } };

const TAKEN_IN = pod('web', { ...enrolled, name: 'taken-in' });
const WEB = led('web', { selector: named('web'), ports: [{ port: 80, targetPort: 8080 }] });
/** A Service with what its controller says of it. */
const seen = (labels: Labels = {}): KubernetesObject => ({
  ...WEB,
  metadata: { ...WEB.metadata, labels },
  status: { conditions: [SEEN] },
});
const SEEN = {
  type: 'Seen',
  status: 'True',
  reason: 'Seen',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

/** What is there before the guards. */
export const AMBIENT_EXISTING: readonly KubernetesObject[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'waypoint', namespace: 'shop' } },
  TAKEN_IN,
  WEB,
];

/** Requests to the API server about the shop without sidecars. */
export const AMBIENT_CASES: readonly GuardCase[] = [
  { what: 'a pod', object: pod('web') },
  { what: 'a pod that was taken in is changed', object: TAKEN_IN, operation: 'UPDATE' },
  { what: 'the waypoint as Istio makes it', object: waypoint() },
  {
    what: 'the waypoint with what is not always there',
    object: waypoint(
      OF_WAYPOINT,
      { env: MORE.env, volumeMounts: MORE.volumeMounts },
      { volumes: [...VOLUMES, ...MORE.volumes] },
    ),
  },
  { what: 'the decision service with its sidecar', object: decisionPod() },
  {
    what: 'the decision service without one',
    object: decisionPod({ proxy: 'none' }),
    refusedBy: 'mesh-opt-out',
  },
  { what: 'a Service', object: service({}) },
  { what: 'a Service that names the waypoint', object: service({ 'istio.io/use-waypoint': 'waypoint' }) },
  {
    what: 'a Service of the plan with a name for its port and more of its labels',
    object: led('web', {
      selector: { ...named('web'), track: 'stable' },
      ports: [
        { name: 'http', port: 80, targetPort: 'http' },
        { name: 'more', port: 9090, targetPort: 9090 },
      ],
    }),
    operation: 'UPDATE',
  },
  {
    what: 'a Service of nobody’s name',
    object: led('other', { selector: named('orders'), ports: [{ port: 80 }] }),
  },
  { what: 'its endpoints', object: slice('other') },
  {
    what: 'the Service of the waypoint',
    object: led('waypoint', { selector: OF_WAYPOINT, ports: [{ port: 15008 }] }),
  },
  ...['endpointslice-controller', 'endpoint-controller'].flatMap((controller) =>
    [slice('web'), endpoints('web')].map((object) => ({
      what: `${object.kind} of the ${controller}`,
      object,
      user: `system:serviceaccount:kube-system:${controller}`,
    })),
  ),
  ...(
    [
      [
        'leads to the pods of another',
        { selector: { app: 'orders' }, ports: [{ port: 80, targetPort: 8080 }] },
      ],
      ['has another workload’s name', { selector: named('orders'), ports: [{ port: 80, targetPort: 8080 }] }],
      ['selects nobody', { ports: [{ port: 80, targetPort: 8080 }] }],
      ['leads to another port', { selector: named('web'), ports: [{ port: 80, targetPort: 9090 }] }],
      ['is another name', { type: 'ExternalName', selector: named('web'), externalName: 'orders.shop' }],
    ] as const
  ).map(([what, spec]) => ({
    what: `a Service ${what}`,
    object: led('web', spec),
    operation: 'UPDATE' as const,
    refusedBy: 'waypoint-bypass',
  })),
  {
    what: 'a Service of labels of its own that leads elsewhere',
    object: led('orders', { selector: named('web'), ports: [{ port: 8000, targetPort: 8081 }] }),
    refusedBy: 'waypoint-bypass',
  },
  {
    what: 'a Service of labels of its own that leads to another port',
    object: led('orders', { selector: { app: 'orders' }, ports: [{ port: 8000, targetPort: 8080 }] }),
    refusedBy: 'waypoint-bypass',
  },
  {
    what: 'the waypoint’s Service that leads elsewhere',
    object: led('waypoint', { selector: named('web'), ports: [{ port: 15008 }] }),
    refusedBy: 'waypoint-bypass',
  },
  ...[slice('web'), slice('orders'), slice('waypoint'), endpoints('web')].map((object) => ({
    what: `somebody’s ${object.kind}`,
    object,
    refusedBy: 'service-endpoints',
  })),
  { what: 'the deployers’ Gateway', object: ofGatewayApi('Gateway'), user: DEPLOYER },
  { what: 'the namespace', object: namespace(ENROLLED), operation: 'UPDATE' },
  ...(
    [
      ['ztunnel is kept away by a label', pod('web', label('istio.io/dataplane-mode', 'none'))],
      [
        'by an annotation',
        pod('web', { annotations: { 'ambient.istio.io/bypass-inbound-capture': 'true' } }),
      ],
      ['by what a sidecar leaves', pod('web', { annotations: { 'sidecar.istio.io/status': '{}' } })],
      ['a pod says that it was taken in', pod('web', enrolled)],
      ['a pod says that it takes tunnels', pod('web', label('networking.istio.io/tunnel', 'http'))],
      ['a sidecar', pod('web', {}, { containers: [{ ...PROXY_CONTAINER, args: ['proxy', 'sidecar'] }] })],
      ['a waypoint with another start', waypoint(OF_WAYPOINT, { args: ['proxy', 'router'] })],
      ['a waypoint with a command', waypoint(OF_WAYPOINT, { command: ['sh'] })],
      ['a waypoint that prepares', waypoint(OF_WAYPOINT, {}, { initContainers: [PREPARES] })],
      ['a waypoint whose connections ztunnel carries', waypoint(IN_ZTUNNEL)],
      ['a waypoint that runs more as it starts', waypoint(OF_WAYPOINT, { lifecycle: { postStart: ENVOY } })],
      ['a waypoint that runs more as it ends', waypoint(OF_WAYPOINT, { lifecycle: { preStop: ENVOY } })],
      ...['livenessProbe', 'readinessProbe', 'startupProbe'].map(
        (probe) =>
          [`a waypoint with a command as ${probe}`, waypoint(OF_WAYPOINT, { [probe]: ENVOY })] as const,
      ),
      ...OTHER_VARIABLES.map(
        ([what, env]) => [`a waypoint with ${what}`, waypoint(OF_WAYPOINT, { env: [env] })] as const,
      ),
      [
        'a waypoint with the environment of a ConfigMap',
        waypoint(OF_WAYPOINT, { envFrom: [{ configMapRef: { name: 'mine' } }] }),
      ],
      [
        'a waypoint with a bootstrap of its own',
        waypoint(OF_WAYPOINT, { args: [...PROXY_CONTAINER.args, '--templateFile=/etc/istio/pod/mine'] }),
      ],
      ['a waypoint in another folder', waypoint(OF_WAYPOINT, { workingDir: '/etc/istio/pod' })],
      ...OTHER_MOUNTS.map(
        ([what, container]) =>
          [
            `a waypoint with ${what}`,
            waypoint(OF_WAYPOINT, container, { volumes: [...VOLUMES, VOLUME_OF_MINE] }),
          ] as const,
      ),
      ...OTHER_VOLUMES.map(
        ([what, others]) =>
          [
            `a waypoint with ${what}`,
            waypoint(OF_WAYPOINT, { volumeMounts: MOUNTS }, { volumes: others }),
          ] as const,
      ),
      ...[
        { dnsConfig: { nameservers: ['10.9.9.9'] } },
        { hostAliases: [{ ip: '10.9.9.9', hostnames: ['istiod.istio-system.svc'] }] },
        { dnsPolicy: 'Default' },
      ].map((spec) => [`a waypoint with ${Object.keys(spec)[0]}`, waypoint(OF_WAYPOINT, {}, spec)] as const),
    ] as const
  ).map(([what, object]) => ({ what, object, refusedBy: 'ambient-opt-out' })),
  ...(
    [
      ['no waypoint', 'istio.io/use-waypoint', 'none'],
      ['gateways past it', 'istio.io/ingress-use-waypoint', 'false'],
      ['a waypoint elsewhere', 'istio.io/use-waypoint-namespace', 'other'],
    ] as const
  ).map(([what, name, value]) => ({
    what,
    object: service({ [name]: value }),
    refusedBy: 'waypoint-bypass',
  })),
  { what: 'what is said of a Service', object: seen(), operation: 'UPDATE', subresource: 'status' },
  {
    what: 'a Service without the waypoint, by its status',
    object: seen({ 'istio.io/use-waypoint': 'none' }),
    operation: 'UPDATE',
    subresource: 'status',
    refusedBy: 'waypoint-bypass',
  },
  ...(['Gateway', 'HTTPRoute'] as const).map((kind) => ({
    what: `somebody’s ${kind}`,
    object: ofGatewayApi(kind),
    refusedBy: 'foreign-policy',
  })),
  ...(Object.keys(ENROLLED) as (keyof typeof ENROLLED)[]).map((name) => ({
    what: `the namespace without ${name}`,
    object: namespace(without(name)),
    operation: 'UPDATE' as const,
    refusedBy: 'enrolment',
  })),
  ...(['status', 'finalize'] as const).map((subresource) => ({
    what: `the namespace without the waypoint, by its ${subresource}`,
    object: {
      ...namespace({ ...ENROLLED, 'istio.io/use-waypoint': 'none' }),
      spec: { finalizers: ['kubernetes'] },
    },
    operation: 'UPDATE' as const,
    subresource,
    refusedBy: 'enrolment',
  })),
  {
    what: 'the account of the waypoint without its labels',
    object: waypoint({ 'istio.io/dataplane-mode': 'none' }),
    refusedBy: 'workload-identity',
  },
  {
    what: 'the labels of the waypoint under another account',
    object: pod('web', label('gateway.networking.k8s.io/gateway-name', 'waypoint')),
    refusedBy: 'workload-identity',
  },
];
