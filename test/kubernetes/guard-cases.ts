import shop from '../../examples/shop/egress.js';
import { egressObjects, type KubernetesObject } from '../../lib/kubernetes/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { POD, RESTRICTED } from './restricted.js';

/** A request to the API server, and which guard refuses it. */
export interface GuardCase {
  readonly what: string;
  readonly object: KubernetesObject;
  /** Absent if every guard lets it pass. */
  readonly refusedBy?: string;
  /** What the answer says. */
  readonly because?: RegExp;
  /** Only of a platform whose gateway is in its own namespace. */
  readonly withGateway?: true;
  /** Only of a platform with a gateway that is made; in its namespace or the platform's own. */
  readonly withIngress?: true;
  readonly user?: string;
  readonly groups?: readonly string[];
  /** What else the API server knows of the user. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The deletion of all objects of the kind, of which this is one: such a request has no name. */
  readonly isOfAll?: true;
  /** What of the object is written. @default all of it */
  readonly subresource?: 'status' | 'binding' | 'token' | 'finalize';
  /** What is there before an update. @default the same */
  readonly before?: KubernetesObject;
}

export const DEPLOYER = 'system:serviceaccount:flux-system:shop-deployer';
const DIGEST = `@sha256:${'0'.repeat(64)}`;
export const PROXY = `registry.example/proxyv2${DIGEST}`;
const DECISION = `registry.example/decision${DIGEST}`;
/** What the decision service may be. */
export const IMAGES = [DECISION, 'registry.example/tools/*'];
/** Who is on duty. */
export const REVOKERS = { groups: ['on-duty'] };
const APP = `registry.example/app${DIGEST}`;
/** The same as in `examples/cdk8s`. */
export const EGRESS_IMAGE = `registry.shop.example/envoy@sha256:${'2'.repeat(64)}`;

type Fields = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;

interface PodParts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Fields;
  readonly app?: Fields;
  readonly proxy?: Fields | 'none' | 'native';
  readonly init?: Fields;
}

/** A pod as it is after injection beside the CNI plugin, and at Pod Security `restricted`. */
function pod({
  labels,
  annotations = {},
  spec = {},
  app = {},
  proxy = {},
  init = {},
}: PodParts = {}): KubernetesObject {
  const sidecar = {
    name: 'istio-proxy',
    image: PROXY,
    args: ['proxy', 'sidecar', '--domain', 'shop.svc.cluster.local'],
    env: [{ name: 'CA_ADDR', value: 'cert-manager-istio-csr.cert-manager.svc:443' }],
    securityContext: { ...RESTRICTED, runAsUser: 1337, runAsGroup: 1337 },
  };
  const validation = {
    ...sidecar,
    name: 'istio-validation',
    args: ['istio-iptables', '--run-validation', '--skip-rule-apply'],
    ...init,
  };
  const own = { ...OWN, ...app };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'probe',
      namespace: 'shop',
      labels: { 'security.istio.io/tlsMode': 'istio', ...(labels ?? { 'app.kubernetes.io/name': 'web' }) },
      annotations: {
        'istio.io/rev': 'default',
        'sidecar.istio.io/status': '{"containers":["istio-proxy"]}',
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

const SIDECAR = ['proxy', 'sidecar'];
const RUNS = { exec: { command: ['sh', '-c', 'true'] } };

const OWN = { name: 'app', image: APP, securityContext: RESTRICTED };

interface EgressTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly [
      { readonly volumeMounts: readonly Fields[]; readonly [field: string]: unknown },
    ];
    readonly volumes: readonly Fields[];
  };
}

const [EGRESS] = egressObjects(
  resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' }),
  {
    egress: { image: EGRESS_IMAGE },
  },
).flatMap(({ kind, spec }) =>
  kind === 'Deployment' ? [(spec as { template: EgressTemplate }).template] : [],
);

/** A pod of the egress gateway as it is emitted, with something else in it. */
function egress({
  container = {},
  mount = {},
  volume = {},
  more = [],
}: {
  readonly container?: Fields;
  readonly mount?: Fields;
  readonly volume?: Fields;
  readonly more?: readonly Fields[];
} = {}): KubernetesObject {
  const { metadata, spec } = EGRESS!;
  const [{ volumeMounts, ...own }] = spec.containers;
  const [first, ...mounts] = volumeMounts;
  const [configuration, ...volumes] = spec.volumes;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'egress', namespace: 'shop', labels: metadata.labels },
    spec: {
      ...spec,
      containers: [{ ...own, volumeMounts: [{ ...first, ...mount }, ...mounts], ...container }, ...more],
      volumes: [{ ...configuration, ...volume }, ...volumes],
    },
  };
}

function configuration(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data: {} };
}

function namespace(labels: Labels, name = 'shop'): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** With what its controller writes at its end. */
function ending(object: KubernetesObject): KubernetesObject {
  return { ...object, spec: { finalizers: ['kubernetes'] } };
}

function account(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'shop' } };
}

/** A token for the authority of the mesh. */
function token(name: string): KubernetesObject {
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name, namespace: 'shop' },
    spec: { audiences: ['istio-ca'] },
  };
}

const OWNER = { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly', uid: '0e1d', controller: true };

function labelsOf({ metadata }: KubernetesObject): Labels {
  return metadata.labels ?? {};
}

function annotationsOf({ metadata }: KubernetesObject): Labels {
  return metadata['annotations'] as Labels;
}

const STANDARD = 'pod-security.kubernetes.io/enforce-version';
const STRICT = { 'pod-security.kubernetes.io/enforce': 'restricted' };
const ENROLLED = { 'istio-injection': 'enabled', ...STRICT };

function policy(apiVersion: string, kind: string, spec: Fields = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'foreign', namespace: 'shop' }, spec };
}

const OPEN = policy('security.istio.io/v1', 'AuthorizationPolicy', { rules: [{}] });

const HTTP_ROUTE = policy('gateway.networking.k8s.io/v1', 'HTTPRoute', {
  parentRefs: [{ group: '', kind: 'Service', name: 'web' }],
  rules: [{ backendRefs: [{ name: 'orders', port: 80 }] }],
});
const WEB_HOST = {
  ingressClassName: 'istio',
  defaultBackend: { service: { name: 'web', port: { number: 80 } } },
};
const GRANT = policy('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', {
  from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'other' }],
  to: [{ group: '', kind: 'Service' }],
});

function inShop(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, namespace: 'shop' } };
}

const ISTIO_CSR = 'system:serviceaccount:cert-manager:cert-manager-istio-csr';
const CERT_MANAGER = 'system:serviceaccount:cert-manager:cert-manager';

/** Something that asks the mesh's issuer, or another. */
export function certificate(
  kind: 'Certificate' | 'CertificateRequest',
  issuerRef: Fields = { name: 'shop-mesh' },
  more: Fields = {},
): KubernetesObject {
  const spec = kind === 'Certificate' ? { secretName: 'istiod-tls' } : { request: 'AAAA' };
  return {
    apiVersion: 'cert-manager.io/v1',
    kind,
    metadata: { name: 'existing', namespace: 'istio-system' },
    spec: { ...spec, issuerRef, ...more },
  };
}

/** The issuer of csi-driver-spiffe, and the account of the pod that it asks for. */
const OF_DRIVER = { name: 'shop-mesh-pods', kind: 'ClusterIssuer', group: 'cert-manager.io' };
export const DRIVEN = 'system:serviceaccount:shop:egress';
/** Of the token that a kubelet has for a pod. */
export const OF_POD = { 'authentication.kubernetes.io/pod-name': ['egress-0'] };
const WEB = 'system:serviceaccount:shop:web';
const APPROVER = 'system:serviceaccount:cert-manager:cert-manager-csi-driver-spiffe-approver';
const DRIVEN_REQUEST = inShop(certificate('CertificateRequest', OF_DRIVER, { username: DRIVEN }));

/** The status of a request with these conditions. */
function judged(type: string, status = 'True', ...more: readonly string[]): Fields {
  const condition = { status, reason: 'spiffe.csi.cert-manager.io', message: 'looked at' };
  return { conditions: [type, ...more].map((each) => ({ type: each, ...condition })) };
}

/** What a scheduler writes, and what else somebody writes by it. */
function binding(metadata: Fields = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'running', namespace: 'shop', ...metadata },
    target: { apiVersion: 'v1', kind: 'Node', name: 'one' },
  };
}

const LOOKS_ON: KubernetesObject = {
  ...OPEN,
  metadata: { ...OPEN.metadata, annotations: { 'istio.io/dry-run': 'true' } },
};
const TAKEN_IN = 'ambient.istio.io/redirection';
const AT = { podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] };
const ELSEWHERE = { podIP: '10.1.2.4', podIPs: [{ ip: '10.1.2.4' }] };
const NAMESPACE_CONTROLLER = 'system:serviceaccount:kube-system:namespace-controller';
const CONFIGURATION = configuration('egress-0000000000');
/** A second Envoy, which has no rules. */
const ENVOY = { command: ['/usr/local/bin/envoy', '--config-yaml', '{}'] };

/** A pod that is there, with a status that somebody writes. */
function running({ labels = {}, annotations = {}, status = {} }: RunningParts = {}): KubernetesObject {
  const { metadata, ...rest } = pod();
  return {
    ...rest,
    metadata: {
      ...metadata,
      name: 'running',
      labels: { ...(metadata['labels'] as Labels), ...labels },
      annotations: { ...(metadata['annotations'] as Labels), ...annotations },
    },
    ...(Object.keys(status).length > 0 && { status }),
  };
}

interface RunningParts {
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly status?: Fields;
}

const POLICY: KubernetesObject = { ...OPEN, metadata: { ...OPEN.metadata, name: 'existing' } };

/** A pod of a Job that ended before the mesh had another image of its sidecar. */
const ENDED = ended({ finalizers: ['batch.kubernetes.io/job-tracking'] });

function ended(metadata: Fields = {}, spec: Fields = {}): KubernetesObject {
  const made = pod({ proxy: { image: `registry.example/proxyv2@sha256:${'f'.repeat(64)}` } });
  return {
    ...made,
    metadata: { ...made.metadata, name: 'ended', ...metadata },
    spec: { ...(made['spec'] as Fields), ...spec },
  };
}

/** What is there before it is changed, or taken away. */
export const EXISTING: readonly KubernetesObject[] = [
  POLICY,
  certificate('Certificate'),
  CONFIGURATION,
  running(),
  ENDED,
  DRIVEN_REQUEST,
];

export const GUARD_CASES: readonly GuardCase[] = [
  { what: 'an injected pod', object: pod() },
  { what: 'a pod with a native sidecar', object: pod({ proxy: 'native' }) },
  {
    what: 'a sidecar with what injection writes besides',
    object: pod({
      proxy: {
        lifecycle: {
          postStart: { exec: { command: ['pilot-agent', 'wait'] } },
          preStop: { exec: { command: ['pilot-agent', 'request', '--debug-port=15020', 'POST', 'drain'] } },
        },
        readinessProbe: { httpGet: { path: '/healthz/ready', port: 15021 } },
        env: [
          { name: 'PROXY_CONFIG', value: '{"proxyStatsMatcher":{"inclusionRegexps":[".*\\\\.rbac"]}}\n' },
          { name: 'ISTIO_META_INTERCEPTION_MODE', value: 'REDIRECT' },
        ],
        volumeMounts: [
          { name: 'data', mountPath: '/var/lib/istio/data' },
          { name: 'data', mountPath: '/var/run/secrets/istio' },
        ],
      },
      spec: { volumes: [{ name: 'data', emptyDir: {} }] },
    }),
  },
  {
    what: 'a pod with an image as a volume',
    object: pod({ spec: { volumes: [{ name: 'model', image: { reference: APP } }] } }),
  },
  { what: 'a pod with a volume', object: pod({ spec: { volumes: [{ name: 'data', emptyDir: {} }] } }) },
  {
    what: 'a pod of a service with labels of its own',
    object: pod({ labels: { app: 'orders' }, spec: { serviceAccountName: 'orders' } }),
  },
  {
    what: 'a gateway with a template of its own',
    withGateway: true,
    object: pod({
      labels: { 'app.kubernetes.io/name': 'gateway' },
      annotations: { 'inject.istio.io/templates': 'gateway', 'proxy.istio.io/overrides': '{}' },
      spec: { serviceAccountName: 'gateway' },
      app: { name: 'istio-proxy', image: PROXY, args: ['proxy', 'router'] },
      proxy: 'none',
    }),
  },
  { what: 'the egress gateway', object: egress() },
  {
    what: 'a shell in the egress gateway',
    object: egress({
      more: [
        {
          ...EGRESS!.spec.containers[0],
          name: 'second',
          ports: [],
        },
      ],
    }),
    refusedBy: 'egress-gateway',
    because: /one container/,
  },
  {
    what: 'an egress gateway with another configuration on its command line',
    object: egress({ container: { command: ['/usr/local/bin/envoy', '--config-yaml', '{}'] } }),
    refusedBy: 'egress-gateway',
    because: /starts as it was written/,
  },
  {
    what: 'an egress gateway with more arguments',
    object: egress({ container: { args: ['--config-yaml', '{}'] } }),
    refusedBy: 'egress-gateway',
  },
  ...(
    [
      ['that runs something as it starts', { lifecycle: { postStart: { exec: ENVOY } } }],
      ['that runs something as it ends', { lifecycle: { preStop: { exec: ENVOY } } }],
      ['that runs something to be found alive', { livenessProbe: { exec: ENVOY } }],
      ['that runs something to be found ready', { readinessProbe: { exec: ENVOY } }],
      ['that runs something to be found started', { startupProbe: { exec: ENVOY } }],
    ] as const
  ).map(([what, container]) => ({
    what: `an egress gateway ${what}`,
    object: egress({ container }),
    refusedBy: 'egress-gateway',
    because: /no hook and no probe/,
  })),
  {
    what: 'an egress gateway with another volume before its configuration',
    object: egress({ mount: { mountPath: '/elsewhere' } }),
    refusedBy: 'egress-gateway',
    because: /reads its files where/,
  },
  {
    what: 'an egress gateway with somebody’s configuration',
    object: egress({ volume: { configMap: { name: 'mine' } } }),
    refusedBy: 'egress-gateway',
    because: /that a deployer applied/,
  },
  {
    what: 'an egress gateway that reads a Secret',
    object: egress({ volume: { configMap: undefined, secret: { secretName: 'egress-0123456789' } } }),
    refusedBy: 'egress-gateway',
  },
  {
    what: 'another image as the egress gateway',
    object: egress({ container: { image: APP } }),
    refusedBy: 'workload-images',
  },
  {
    what: 'a configuration of the egress gateway by somebody',
    object: configuration('egress-0123456789'),
    refusedBy: 'egress-configuration',
  },
  {
    what: 'a configuration of the egress gateway by a deployer',
    object: configuration('egress-0123456789'),
    user: DEPLOYER,
  },
  { what: 'a ConfigMap of somebody', object: configuration('egress-notes') },
  ...(
    [
      ['somebody', 'somebody', 'egress-configuration'],
      ['a deployer', DEPLOYER, undefined],
      ['the controller of namespaces', NAMESPACE_CONTROLLER, undefined],
    ] as const
  ).map(([who, user, refusedBy]) => ({
    what: `a configuration of the egress gateway, taken away by ${who}`,
    object: CONFIGURATION,
    operation: 'DELETE' as const,
    user,
    ...(refusedBy && { refusedBy }),
  })),
  { what: 'the decision service', object: decision(DECISION) },
  {
    what: 'the decision service with one of its images as a volume',
    object: decision(DECISION, { volumes: [{ name: 'own', image: { reference: DECISION } }] }),
  },
  {
    what: 'the decision service with an image of a folder',
    object: decision(`registry.example/tools/a${DIGEST}`),
  },

  // mesh-opt-out
  ...refused('mesh-opt-out', [
    ['a pod without a sidecar', /no sidecar/, pod({ proxy: 'none' })],
    [
      'a sidecar that ends',
      /no sidecar/,
      pod({
        spec: {
          containers: [OWN],
          initContainers: [{ ...OWN, name: 'istio-proxy', image: PROXY, args: SIDECAR }],
        },
      }),
    ],
    ...(
      [
        ['postStart', { postStart: RUNS }],
        ['preStop', { preStop: RUNS }],
      ] as const
    ).map(
      ([hook, lifecycle]) =>
        [`a command as the ${hook} of the sidecar`, /no hook/, pod({ proxy: { lifecycle } })] as const,
    ),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map(
      (probe) =>
        [`a command as the ${probe} of the sidecar`, /no hook/, pod({ proxy: { [probe]: RUNS } })] as const,
    ),
    ...[
      { name: 'ISTIO_BOOTSTRAP', value: '/etc/istio/pod/mine.json' },
      { name: 'PROXY_CONFIG', value: '{"customConfigFile":"/etc/istio/pod/mine.json"}' },
      { name: 'PROXY_CONFIG', value: 'custom_config_file: /etc/istio/pod/mine.json' },
      { name: 'PROXY_CONFIG', value: '{"\\u0063ustomConfigFile":"/etc/istio/pod/mine.json"}' },
      { name: 'PROXY_CONFIG', value: '!!binary Y3VzdG9tQ29uZmlnRmlsZQ==: /etc/istio/pod/mine.json' },
      { name: 'PROXY_CONFIG', value: '{"interceptionMode":"NONE"}' },
      { name: 'PROXY_CONFIG', valueFrom: { configMapKeyRef: { name: 'mine', key: 'a' } } },
      { name: 'ISTIO_META_INTERCEPTION_MODE', value: 'NONE' },
    ].map(
      (env) =>
        [`a sidecar with ${JSON.stringify(env)}`, /environment/, pod({ proxy: { env: [env] } })] as const,
    ),
    ...['--templateFile=/etc/istio/pod/a', '--templateFile', '--meshConfig=/etc/istio/pod/a'].map(
      (argument) =>
        [
          `a sidecar with the argument ${argument}`,
          /must start/,
          pod({ proxy: { args: [...SIDECAR, argument] } }),
        ] as const,
    ),
    ...['/usr/local/bin', '/var/run/secrets/../../../usr/local/bin'].map(
      (mountPath) =>
        [
          `a volume over ${mountPath} of the sidecar`,
          /is mounted/,
          pod({
            proxy: { volumeMounts: [{ name: 'mine', mountPath }] },
            spec: { volumes: [{ name: 'mine', emptyDir: {} }] },
          }),
        ] as const,
    ),
    ['something that sleeps as the sidecar', /must start/, pod({ proxy: { command: ['sleep', 'inf'] } })],
    ['other arguments of the sidecar', /must start/, pod({ proxy: { args: ['wait'] } })],
    ['a router in place of a sidecar', /must start/, pod({ proxy: { args: ['proxy', 'router'] } })],
    [
      'a sidecar without Envoy',
      /environment/,
      pod({ proxy: { env: [{ name: 'DISABLE_ENVOY', value: 'true' }] } }),
    ],
    [
      'a sidecar with the environment of a ConfigMap',
      /environment/,
      pod({ proxy: { envFrom: [{ configMapRef: { name: 'a' } }] } }),
    ],
    ['a label against injection', /keeps injection/, labelled('sidecar.istio.io/inject', 'false')],
    ['clear text by a label', /must be istio/, labelled('security.istio.io/tlsMode', 'disabled')],
    ['a status of its own', /injection leaves/, annotated('sidecar.istio.io/status', '{}')],
    [
      'a container at whose sight the CNI plugin stops',
      /istio-init/,
      pod({ spec: { initContainers: [{ ...OWN, name: 'istio-init' }] } }),
    ],
    ['a command as the validation', /istio-validation/, pod({ init: { command: ['sh'] } })],
    [
      'a debugger with the name of an injected container',
      /istio-validation/,
      pod({
        spec: { initContainers: [], ephemeralContainers: [{ name: 'istio-validation', image: PROXY }] },
      }),
    ],
    [
      "a pod of the sidecar's group",
      /group 1337/,
      pod({ spec: { securityContext: { ...POD, runAsGroup: 1337 } } }),
    ],
    [
      "files of the sidecar's group",
      /group 1337/,
      pod({ spec: { securityContext: { ...POD, fsGroup: 1337 } } }),
    ],
    [
      "the sidecar's group among others",
      /group 1337/,
      pod({ spec: { securityContext: { ...POD, supplementalGroups: [1, 1337] } } }),
    ],
    [
      "an application of the sidecar's group",
      /group 1337/,
      pod({ app: { securityContext: { ...RESTRICTED, runAsGroup: 1337 } } }),
    ],
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
      /user and group 1337/,
      pod({ spec: { securityContext: { ...POD, runAsUser: 1337 } } }),
    ],
    [
      "an application of the sidecar's user",
      /user and group 1337/,
      pod({ app: { securityContext: { ...RESTRICTED, runAsUser: 1337 } } }),
    ],
  ]),

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
  ...refused('workload-images', [
    ['an image of its own as the decision service', /account decision/, decision(APP)],
    [
      'an image of its own as a volume of the decision service',
      /account decision/,
      decision(DECISION, { volumes: [{ name: 'mine', image: { reference: APP } }] }),
    ],
  ]),
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

  // mesh-roots
  ...['istio-system:istiod', 'istio-system:istiod-canary', 'cert-manager:cert-manager-istio-csr'].map(
    (who) => ({
      what: `the roots of the mesh, by ${who}`,
      object: configMap('istio-ca-root-cert'),
      user: `system:serviceaccount:${who}`,
    }),
  ),
  ...refused('mesh-roots', [
    ['the roots of the mesh, by somebody', /only the authority/, configMap('istio-ca-root-cert')],
    ['the roots of the mesh, by a deployer', /only the authority/, configMap('istio-ca-root-cert'), DEPLOYER],
  ]),

  // decision-documents
  { what: 'a ConfigMap of somebody', object: configMap('settings') },
  { what: 'a policy of a deployer', object: configMap('decision-policy-0123456789'), user: DEPLOYER },
  { what: 'what is revoked, applied by a deployer', object: revoked(), operation: 'UPDATE', user: DEPLOYER },
  ...[
    ['for the first time', revoked(), revoked(2)],
    ['again', revoked(2), revoked(10)],
    ['but the labels alone', revoked(10), revoked(10, { labels: { a: 'b' } })],
  ].map(([what, before, object]) => ({
    what: `what is revoked, by whoever is on duty, ${what as string}`,
    object: object as KubernetesObject,
    before: before as KubernetesObject,
    operation: 'UPDATE' as const,
    groups: ['on-duty'],
  })),
  ...[
    ['of an older version', revoked(9)],
    ['by another document of the same version', revoked(10, {}, '{"version":10,"entries":[ ]}')],
    ['by a version that the document does not have', revoked(11, {}, '{"version":9,"entries":[]}')],
    ['without its version', configMap('zero-trust-revocations', revoked(11)['data'] as Fields)],
    ['by a version that is no number', revoked('10x')],
    ['by nothing', revoked()],
    ['by nothing with a version', revoked(11, {}, '')],
  ].flatMap(([what, object]) =>
    [DEPLOYER, 'somebody'].map((user) => ({
      what: `what is revoked, replaced ${what as string}, by ${user}`,
      object: object as KubernetesObject,
      before: revoked(10),
      operation: 'UPDATE' as const,
      user,
      groups: ['on-duty'],
      refusedBy: 'decision-documents',
      because: /a higher version alone/,
    })),
  ),
  ...refused('decision-documents', [
    ['a policy of somebody else', /make a policy/, configMap('decision-policy-0123456789')],
    ['what is revoked, by somebody else', /write what is revoked/, configMap('zero-trust-revocations')],
  ]),
  {
    what: 'a policy of whoever is on duty',
    object: configMap('decision-policy-0123456789'),
    groups: ['on-duty'],
    refusedBy: 'decision-documents',
    because: /make a policy/,
  },
  {
    what: 'what is revoked, taken away by whoever is on duty',
    object: configMap('zero-trust-revocations'),
    operation: 'DELETE',
    groups: ['on-duty'],
    refusedBy: 'decision-documents',
    because: /write what is revoked/,
  },
  {
    what: 'a policy of somebody else, whose name the API server makes up',
    object: unnamed('decision-policy-'),
    refusedBy: 'decision-documents',
    because: /make a policy/,
  },
  { what: 'a ConfigMap of somebody, whose name the API server makes up', object: unnamed('settings-') },
  ...[
    ['what is revoked', 'zero-trust-revocations', /write what is revoked/],
    ['a policy', 'decision-policy-0123456789', /make a policy/],
    ['the authorities of the cluster', 'kube-root-ca.crt', /only the control plane/],
  ].map(([what, name, because]) => ({
    what: `${what as string}, taken away by somebody with all ConfigMaps of the namespace`,
    object: configMap(name as string),
    operation: 'DELETE' as const,
    isOfAll: true as const,
    refusedBy: 'decision-documents',
    because: because as RegExp,
  })),
  {
    what: 'what is revoked, that goes with its namespace',
    object: configMap('zero-trust-revocations'),
    operation: 'DELETE',
    isOfAll: true,
    user: 'system:serviceaccount:kube-system:namespace-controller',
  },
  {
    what: 'the authorities of the cluster, by the control plane',
    object: configMap('kube-root-ca.crt'),
    user: 'system:serviceaccount:kube-system:root-ca-cert-publisher',
  },
  {
    what: 'the authorities of the cluster, by a deployer',
    object: configMap('kube-root-ca.crt'),
    user: DEPLOYER,
    refusedBy: 'decision-documents',
    because: /only the control plane/,
  },

  // certificate-requests
  { what: 'a request of istio-csr', object: certificate('CertificateRequest'), user: ISTIO_CSR },
  {
    what: "a request of cert-manager, for a deployer's Certificate",
    object: certificate('CertificateRequest'),
    user: CERT_MANAGER,
  },
  {
    what: "a request of the CSI driver, for the egress gateway's pod",
    object: { ...DRIVEN_REQUEST, metadata: { ...DRIVEN_REQUEST.metadata, name: 'new' } },
    user: DRIVEN,
    extra: OF_POD,
  },
  {
    what: 'the same by somebody who impersonates the account of the egress gateway',
    object: { ...DRIVEN_REQUEST, metadata: { ...DRIVEN_REQUEST.metadata, name: 'new' } },
    user: DRIVEN,
    refusedBy: 'certificate-requests',
    because: /only a pod asks/,
  },
  ...refused('certificate-requests', [
    [
      "a request of another pod of the platform's namespace",
      /only the egress gateway asks/,
      inShop(certificate('CertificateRequest', OF_DRIVER, { username: WEB })),
      WEB,
    ],
    [
      'a request of istio-csr to the issuer of the driver',
      /only the egress/,
      inShop(certificate('CertificateRequest', OF_DRIVER, { username: ISTIO_CSR })),
      ISTIO_CSR,
    ],
    [
      'a request of the egress gateway in the name of another pod',
      /says who makes it/,
      inShop(certificate('CertificateRequest', OF_DRIVER, { username: 'system:serviceaccount:shop:orders' })),
      DRIVEN,
    ],
    [
      'a request of the egress gateway in another namespace',
      /only the egress/,
      certificate('CertificateRequest', OF_DRIVER, { username: DRIVEN }),
      DRIVEN,
    ],
    [
      "a request of the egress gateway to the mesh's issuer",
      /only istio-csr/,
      certificate('CertificateRequest'),
      DRIVEN,
    ],
    [
      'a Certificate of a deployer by the issuer of the driver',
      /only the egress/,
      certificate('Certificate', OF_DRIVER),
      DEPLOYER,
    ],
  ]).map((each) => ({ ...each, extra: OF_POD })),
  // cert-manager's own approver would approve any name.
  ...[CERT_MANAGER, 'somebody', DRIVEN].map((user) => ({
    what: `an approval of what the CSI driver asks, by ${user}`,
    object: { ...DRIVEN_REQUEST, status: judged('Approved') },
    before: DRIVEN_REQUEST,
    operation: 'UPDATE' as const,
    subresource: 'status' as const,
    user,
    refusedBy: 'certificate-requests',
    because: /only the approver/,
  })),
  ...(
    [
      ['that it waits, by cert-manager', CERT_MANAGER, judged('Ready', 'False'), undefined],
      ['its refusal, by somebody', 'somebody', judged('Denied'), undefined],
      ['its approval, by the approver of the driver', APPROVER, judged('Approved'), undefined],
      [
        'that it is ready, by cert-manager, once it is approved',
        CERT_MANAGER,
        judged('Approved', 'True', 'Ready'),
        judged('Approved'),
      ],
    ] as const
  ).map(([what, user, status, before]) => ({
    what: `what becomes of a request of the CSI driver: ${what}`,
    object: { ...DRIVEN_REQUEST, status },
    before: { ...DRIVEN_REQUEST, ...(before && { status: before }) },
    operation: 'UPDATE' as const,
    subresource: 'status' as const,
    user,
  })),
  {
    what: "a request to somebody else's issuer",
    object: certificate('CertificateRequest', { name: 'letsencrypt', kind: 'ClusterIssuer' }),
  },
  {
    what: 'a request to an issuer of the same name in another namespace',
    object: {
      ...certificate('CertificateRequest'),
      metadata: { name: 'own', namespace: 'istio-ingress' },
    },
  },
  {
    what: 'a Certificate of a deployer',
    object: certificate('Certificate'),
    user: DEPLOYER,
    operation: 'UPDATE',
  },
  {
    what: 'a Certificate whose status or labels somebody writes',
    object: certificate('Certificate'),
    user: CERT_MANAGER,
    operation: 'UPDATE',
  },
  ...refused('certificate-requests', [
    ['a request of somebody else', /only istio-csr/, certificate('CertificateRequest')],
    [
      "a request that names the issuer's kind and group",
      /only istio-csr/,
      certificate('CertificateRequest', { name: 'shop-mesh', kind: 'Issuer', group: 'cert-manager.io' }),
    ],
    [
      'a request whose kind and group are empty',
      /only istio-csr/,
      certificate('CertificateRequest', { name: 'shop-mesh', kind: '', group: '' }),
    ],
    ['a Certificate of somebody else', /only the deployers/, certificate('Certificate')],
  ]),
  {
    what: 'a Certificate that cert-manager writes for an annotated Ingress',
    object: certificate('Certificate'),
    user: CERT_MANAGER,
    refusedBy: 'certificate-requests',
    because: /only the deployers/,
  },
  {
    what: 'another name in a Certificate that is there',
    object: certificate('Certificate', undefined, { dnsNames: ['evil.example'] }),
    before: certificate('Certificate'),
    operation: 'UPDATE',
    refusedBy: 'certificate-requests',
    because: /only the deployers/,
  },

  // enrolment
  { what: 'the namespace as it was made', object: namespace(ENROLLED), operation: 'UPDATE' },
  {
    what: 'the namespace with the newest standard',
    object: namespace({ ...ENROLLED, [STANDARD]: 'latest' }),
    operation: 'UPDATE',
  },
  ...refused('enrolment', [
    [
      'the namespace without injection',
      /istio-injection/,
      namespace({ ...ENROLLED, 'istio-injection': 'disabled' }),
    ],
    ['the namespace without Pod Security', /pod-security/, namespace({ 'istio-injection': 'enabled' })],
    [
      'the namespace with an old standard',
      /enforce-version/,
      namespace({ ...ENROLLED, [STANDARD]: 'v1.20' }),
    ],
  ]).map((each) => ({ ...each, operation: 'UPDATE' as const })),

  ...(['status', 'finalize'] as const).flatMap((subresource) => [
    {
      what: `the namespace with its ${subresource}`,
      object: ending(namespace(ENROLLED)),
      operation: 'UPDATE' as const,
      subresource,
    },
    {
      what: `the namespace without injection, by its ${subresource}`,
      object: ending(namespace({ ...ENROLLED, 'istio-injection': 'disabled' })),
      operation: 'UPDATE' as const,
      subresource,
      refusedBy: 'enrolment',
      because: /istio-injection/,
    },
  ]),

  // account-tokens
  {
    what: 'a token of a workload, by a kubelet',
    object: token('web'),
    subresource: 'token',
    user: 'system:node:one',
    groups: ['system:nodes'],
  },
  ...refused('account-tokens', [
    ['a token of a workload, by somebody', /only kubelets/, token('web')],
    ['a token of a workload, by a deployer', /only kubelets/, token('web'), DEPLOYER],
    ['a token of a workload, by who is called a node', /only kubelets/, token('web'), 'system:node:one'],
    ['a token of an account that is no workload, by somebody', /only kubelets/, token('default')],
  ]).map((each) => ({ ...each, subresource: 'token' as const })),

  // dry-run
  {
    what: 'a policy of a deployer with another annotation',
    object: { ...OPEN, metadata: { ...OPEN.metadata, annotations: { 'acme.example/wave': '1' } } },
    user: DEPLOYER,
  },
  {
    what: 'a policy of a deployer that looks on',
    object: LOOKS_ON,
    user: DEPLOYER,
    refusedBy: 'dry-run',
    because: /istio\.io\/dry-run/,
  },
  {
    what: 'a policy of a deployer that is made to look on',
    object: { ...LOOKS_ON, metadata: { ...LOOKS_ON.metadata, name: 'existing' } },
    before: POLICY,
    operation: 'UPDATE',
    user: DEPLOYER,
    refusedBy: 'dry-run',
  },
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

  // foreign-policy
  { what: 'a policy of a deployer', object: OPEN, user: DEPLOYER },
  { what: 'a policy of a group of deployers', object: OPEN, groups: ['platform'] },
  ...[NAMESPACE_CONTROLLER, 'system:kube-controller-manager'].map((user) => ({
    what: `what goes with its namespace, by ${user}`,
    object: POLICY,
    operation: 'DELETE' as const,
    user,
  })),
  {
    what: 'a policy of the controller manager',
    object: OPEN,
    user: 'system:kube-controller-manager',
    refusedBy: 'foreign-policy',
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
    [
      'a route of somebody else',
      /only the deployers/,
      policy('networking.istio.io/v1', 'VirtualService', { hosts: ['web'] }),
    ],
    [
      'a destination of somebody else',
      /only the deployers/,
      policy('networking.istio.io/v1', 'DestinationRule', { host: 'web' }),
    ],
    ['a route of the Gateway API by somebody else', /only the deployers/, HTTP_ROUTE],
    ['a grant to routes elsewhere by somebody else', /only the deployers/, GRANT],
    [
      'an Ingress of somebody else',
      /only the deployers/,
      policy('networking.k8s.io/v1', 'Ingress', WEB_HOST),
    ],
  ]),
  ...atIngress('foreign-policy', /only the deployers/, [
    [
      'a security policy of a route',
      {
        ...policy('gateway.envoyproxy.io/v1alpha1', 'SecurityPolicy', {
          targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'web' }],
          cors: { allowOrigins: ['https://www.shop.example'] },
        }),
      },
    ],
    [
      'a patch of the gateway',
      elsewhere(
        policy('gateway.envoyproxy.io/v1alpha1', 'EnvoyPatchPolicy', {
          type: 'JSONPatch',
          targetRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gateway' },
        }),
      ),
    ],
    [
      'a certificate',
      elsewhere(
        policy('cert-manager.io/v1', 'Certificate', { secretName: 'mine', issuerRef: { name: 'mesh' } }),
      ),
    ],
  ]),
  ...atIngress('gateway-identity', /gateway/, [
    ['a pod with the name of the gateway', elsewhere(bare('gateway'))],
    ['a service account with the name of the gateway', elsewhere(account('gateway'))],
    [
      'a request for a certificate',
      elsewhere(
        policy('cert-manager.io/v1', 'CertificateRequest', { request: 'AA==', issuerRef: { name: 'mesh' } }),
      ),
    ],
  ]),
  {
    what: 'a token with the name of the gateway',
    object: elsewhere(token('gateway')),
    subresource: 'token',
    withIngress: true,
    refusedBy: 'gateway-identity',
    because: /a token of it/,
  },
  {
    what: 'a token of another account there',
    object: elsewhere(token('default')),
    subresource: 'token',
    withIngress: true,
  },
  { what: 'another service account there', object: elsewhere(account('cleaner')), withIngress: true },
  {
    what: 'the roots of the mesh there, by somebody',
    object: elsewhere(configMap('istio-ca-root-cert')),
    withIngress: true,
    refusedBy: 'mesh-roots',
    because: /only the authority/,
  },
  {
    what: 'the roots of the mesh there, by istiod',
    object: elsewhere(configMap('istio-ca-root-cert')),
    user: 'system:serviceaccount:istio-system:istiod',
    withIngress: true,
  },
  { what: 'another pod there', object: elsewhere(bare('default')), withIngress: true },
  {
    what: 'the gateway’s namespace as it was made',
    object: namespace(STRICT, 'shop-ingress'),
    operation: 'UPDATE',
    withIngress: true,
  },
  ...([undefined, 'status', 'finalize'] as const).map((subresource) => ({
    what: `the gateway’s namespace without Pod Security, by its ${subresource ?? 'labels'}`,
    object: ending(namespace({ 'pod-security.kubernetes.io/enforce': 'privileged' }, 'shop-ingress')),
    operation: 'UPDATE' as const,
    ...(subresource && { subresource }),
    withIngress: true as const,
    refusedBy: 'enrolment',
    because: /pod-security/,
  })),
  {
    what: 'the gateway’s namespace with an old standard',
    object: namespace({ ...STRICT, [STANDARD]: 'v1.20' }, 'shop-ingress'),
    operation: 'UPDATE',
    withIngress: true,
    refusedBy: 'enrolment',
    because: /older standard/,
  },
  {
    what: 'cert-manager’s own request',
    object: elsewhere(
      policy('cert-manager.io/v1', 'CertificateRequest', { request: 'AA==', issuerRef: { name: 'mesh' } }),
    ),
    user: 'system:serviceaccount:cert-manager:cert-manager',
    withIngress: true,
  },
  { what: 'a route of the Gateway API by a deployer', object: HTTP_ROUTE, user: DEPLOYER },
  { what: 'a grant to routes elsewhere by a deployer', object: GRANT, user: DEPLOYER },
  {
    what: 'an Ingress of a deployer',
    object: policy('networking.k8s.io/v1', 'Ingress', WEB_HOST),
    user: DEPLOYER,
  },
  {
    what: 'a policy that somebody else takes away',
    object: POLICY,
    operation: 'DELETE',
    refusedBy: 'foreign-policy',
    because: /only the deployers/,
  },
];

function refused(
  refusedBy: string,
  cases: readonly (readonly [what: string, because: RegExp, object: KubernetesObject, user?: string])[],
): GuardCase[] {
  return cases.map(([what, because, object, user]) => ({
    what,
    object,
    refusedBy,
    because,
    ...(user && { user }),
  }));
}

function atIngress(
  refusedBy: string,
  because: RegExp,
  cases: readonly (readonly [what: string, object: KubernetesObject])[],
): GuardCase[] {
  return cases.map(([what, object]) => ({ what, object, refusedBy, because, withIngress: true }));
}

/** The same in the namespace of the gateway. */
function elsewhere(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, namespace: 'shop-ingress' } };
}

/** A pod without a mesh, at Pod Security `restricted`. */
function bare(serviceAccountName: string): KubernetesObject {
  return {
    ...policy('v1', 'Pod'),
    spec: { serviceAccountName, securityContext: POD, containers: [OWN] },
  };
}

function labelled(key: string, value: string): KubernetesObject {
  return pod({ labels: { 'app.kubernetes.io/name': 'web', [key]: value } });
}

function configMap(name: string, data: Fields = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
}

/** What is revoked, as `ztp revoke` writes it; never written without a version. */
function revoked(
  version?: number | string,
  more: Fields = {},
  text = `{"version":${version},"entries":[]}`,
): KubernetesObject {
  const { metadata, ...made } = configMap('zero-trust-revocations');
  if (version === undefined) return { ...made, metadata };
  const annotations = { 'zero-trust-platform/revocations-version': String(version) };
  return { ...made, metadata: { ...metadata, ...more, annotations }, data: { 'revocations.json': text } };
}

function unnamed(generateName: string): KubernetesObject {
  const metadata = { generateName, namespace: 'shop' } as unknown as KubernetesObject['metadata'];
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} };
}

function decision(image: string, spec: Fields = {}): KubernetesObject {
  return pod({
    labels: { 'app.kubernetes.io/name': 'decision' },
    spec: { serviceAccountName: 'decision', ...spec },
    app: { image },
  });
}

function annotated(key: string, value: string): KubernetesObject {
  return pod({ annotations: { [key]: value } });
}
