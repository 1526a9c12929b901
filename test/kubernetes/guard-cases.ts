import type { KubernetesObject } from '../../lib/kubernetes/index.js';

/** A request to the API server, and which guard refuses it. */
export interface GuardCase {
  readonly what: string;
  readonly object: KubernetesObject;
  /** Absent if every guard lets it pass. */
  readonly refusedBy?: string;
  /** What the answer says. */
  readonly because?: RegExp;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE';
}

export const DEPLOYER = 'system:serviceaccount:flux-system:kustomize-controller';
const DIGEST = `@sha256:${'0'.repeat(64)}`;
export const PROXY = `registry.example/proxyv2${DIGEST}`;
const APP = `registry.example/app${DIGEST}`;

type Fields = Readonly<Record<string, unknown>>;

interface PodParts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Fields;
  readonly app?: Fields;
  readonly proxy?: Fields | 'none' | 'native';
}

/** A pod as it is after injection beside the CNI plugin, and at Pod Security `restricted`. */
function pod({ labels, annotations = {}, spec = {}, app = {}, proxy = {} }: PodParts = {}): KubernetesObject {
  const sidecar = { name: 'istio-proxy', image: PROXY, securityContext: { ...RESTRICTED, runAsUser: 1337 } };
  const validation = { ...sidecar, name: 'istio-validation' };
  const own = { name: 'app', image: APP, securityContext: RESTRICTED, ...app };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'probe',
      namespace: 'shop',
      labels: labels ?? { 'app.kubernetes.io/name': 'web' },
      annotations: {
        'istio.io/rev': 'default',
        'sidecar.istio.io/interceptionMode': 'REDIRECT',
        'traffic.sidecar.istio.io/includeInboundPorts': '*',
        'traffic.sidecar.istio.io/includeOutboundIPRanges': '*',
        'traffic.sidecar.istio.io/excludeInboundPorts': '15020',
        ...annotations,
      },
    },
    spec: {
      serviceAccountName: 'web',
      securityContext: POD,
      ...(proxy === 'none'
        ? { containers: [own] }
        : proxy === 'native'
          ? { initContainers: [validation, { ...sidecar, restartPolicy: 'Always' }], containers: [own] }
          : { initContainers: [validation], containers: [own, { ...sidecar, ...proxy }] }),
      ...spec,
    },
  };
}

const POD = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
};

function namespace(labels: Readonly<Record<string, string>>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } };
}

const ENROLLED = { 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'restricted' };

function policy(apiVersion: string, kind: string, spec: Fields = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'foreign', namespace: 'shop' }, spec };
}

const OPEN = policy('security.istio.io/v1', 'AuthorizationPolicy', { rules: [{}] });

/** What is there before it is taken away. */
export const EXISTING: KubernetesObject = { ...OPEN, metadata: { ...OPEN.metadata, name: 'existing' } };

export const GUARD_CASES: readonly GuardCase[] = [
  { what: 'an injected pod', object: pod() },
  { what: 'a pod with a native sidecar', object: pod({ proxy: 'native' }) },
  {
    what: 'a pod of a service with labels of its own',
    object: pod({ labels: { app: 'orders' }, spec: { serviceAccountName: 'orders' } }),
  },
  {
    what: 'a gateway with a template of its own',
    object: pod({
      labels: { 'app.kubernetes.io/name': 'gateway' },
      annotations: { 'inject.istio.io/templates': 'gateway', 'proxy.istio.io/overrides': '{}' },
      spec: { serviceAccountName: 'gateway' },
    }),
  },

  // mesh-opt-out
  ...refused('mesh-opt-out', [
    ['a pod without a sidecar', /no sidecar/, pod({ proxy: 'none' })],
    [
      'an image of its own for the sidecar',
      /changes what the sidecar/,
      annotated('sidecar.istio.io/proxyImage', APP),
    ],
    ['a template of its own', /only the gateway/, annotated('inject.istio.io/templates', 'mine')],
    ['a sidecar of its own', /only the gateway/, annotated('proxy.istio.io/overrides', '{}')],
    ['no interception', /keeps traffic/, annotated('sidecar.istio.io/interceptionMode', 'NONE')],
    [
      'an excluded port',
      /keeps traffic/,
      annotated('traffic.sidecar.istio.io/excludeInboundPorts', '15020,8080'),
    ],
    [
      'excluded destinations',
      /keeps traffic/,
      annotated('traffic.sidecar.istio.io/excludeOutboundIPRanges', '0.0.0.0/0'),
    ],
    [
      "a pod of the sidecar's user",
      /user 1337/,
      pod({ spec: { securityContext: { ...POD, runAsUser: 1337 } } }),
    ],
    [
      "an application of the sidecar's user",
      /user 1337/,
      pod({ app: { securityContext: { ...RESTRICTED, runAsUser: 1337 } } }),
    ],
  ]),

  // host-access
  ...refused('host-access', [
    ['the network of the node', /hostNetwork/, pod({ spec: { hostNetwork: true } })],
    ['the processes of the node', /hostPID/, pod({ spec: { hostPID: true } })],
    ['the memory of the node', /hostIPC/, pod({ spec: { hostIPC: true } })],
    ['the processes of the sidecar', /shareProcessNamespace/, pod({ spec: { shareProcessNamespace: true } })],
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
    ['something else that is called the sidecar', /name of an injected one/, pod({ proxy: { image: APP } })],
  ]),

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

  // enrolment
  { what: 'the namespace as it was made', object: namespace(ENROLLED), operation: 'UPDATE' },
  ...refused('enrolment', [
    [
      'the namespace without injection',
      /istio-injection/,
      namespace({ ...ENROLLED, 'istio-injection': 'disabled' }),
    ],
    ['the namespace without Pod Security', /pod-security/, namespace({ 'istio-injection': 'enabled' })],
  ]).map((each) => ({ ...each, operation: 'UPDATE' as const })),

  // foreign-policy
  { what: 'a policy of a deployer', object: OPEN, user: DEPLOYER },
  { what: 'a policy of a group of deployers', object: OPEN, groups: ['platform'] },
  {
    what: 'what goes with its namespace',
    object: EXISTING,
    operation: 'DELETE',
    user: 'system:serviceaccount:kube-system:namespace-controller',
  },
  ...refused('foreign-policy', [
    ['a policy of somebody else', /only the deployers/, OPEN],
    [
      'mutual TLS of somebody else',
      /only the deployers/,
      policy('security.istio.io/v1', 'PeerAuthentication'),
    ],
    [
      'a filter of somebody else',
      /only the deployers/,
      policy('networking.istio.io/v1alpha3', 'EnvoyFilter'),
    ],
    [
      'a network policy of somebody else',
      /only the deployers/,
      policy('networking.k8s.io/v1', 'NetworkPolicy', { podSelector: {} }),
    ],
  ]),
  {
    what: 'a policy that somebody else takes away',
    object: EXISTING,
    operation: 'DELETE',
    refusedBy: 'foreign-policy',
    because: /only the deployers/,
  },
];

function refused(
  refusedBy: string,
  cases: readonly (readonly [what: string, because: RegExp, object: KubernetesObject])[],
): GuardCase[] {
  return cases.map(([what, because, object]) => ({ what, object, refusedBy, because }));
}

function annotated(key: string, value: string): KubernetesObject {
  return pod({ annotations: { [key]: value } });
}
