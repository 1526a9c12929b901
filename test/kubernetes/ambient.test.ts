import { App, Testing } from 'cdk8s';
import { stringify } from 'yaml';
import { ZeroTrustPlatform, type ZeroTrustPlatformProps } from '../../constructs/cdk8s/index.js';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { guardsOf } from '../../lib/kubernetes/guards/index.js';
import { type KubernetesObject, networkPolicies } from '../../lib/kubernetes/index.js';
import { allow, allowOut, connect, defineZeroTrust, http, tcp, workload } from '../../lib/model/index.js';
import { expectGolden } from '../golden.js';
import { ambientPlan, ambientShop } from './ambient-shop.js';
import { answers } from './guard-answers.js';
import { DEPLOYER, EGRESS_IMAGE, type GuardCase, IMAGES, PROXY } from './guard-cases.js';
import { connects, type End } from './reach.js';
import { problemsOf } from './validate.js';

const platformOf = (props: Partial<ZeroTrustPlatformProps> = {}) =>
  new ZeroTrustPlatform(new App(), 'shop', { ...ambientShop, ...props });

const objects = platformOf().charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]);

test('a small shop without sidecars', () => {
  expect(objects.flatMap((object) => problemsOf(object))).toEqual([]);
  expectGolden(
    'kubernetes/ambient.yaml',
    objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
  );
});

describe('the network', () => {
  const pod = (name: string, namespace: string, labels: Readonly<Record<string, string>>): End => ({
    name,
    namespace,
    labels,
  });
  const named = (name: string) => pod(name, 'shop', { 'app.kubernetes.io/name': name });
  const waypoint = pod('waypoint', 'shop', { 'gateway.networking.k8s.io/gateway-name': 'waypoint' });
  const ends = [
    waypoint,
    named('web'),
    pod('orders', 'shop', { app: 'orders' }),
    named('payments'),
    named('decision'),
    named('stranger'),
    pod('ingress', 'istio-ingress', { istio: 'ingressgateway' }),
    pod('egress', 'istio-egress', { istio: 'egressgateway' }),
    pod('istiod', 'istio-system', { app: 'istiod' }),
    pod('prometheus', 'monitoring', { app: 'prometheus' }),
  ];
  const ports = [80, 8000, 8080, 8081, 8090, 8443, 15008, 15012, 15020, 15021, 15090];
  const policies = networkPolicies(ambientPlan, { ...ambientShop, ...ambientShop.network });
  const reach = (given: readonly KubernetesObject[]) =>
    ends.flatMap((from) =>
      ends.flatMap((to) =>
        from === to || !('namespace' in from && 'namespace' in to && [from, to].some(isOwn))
          ? []
          : ports
              .filter((port) => connects(given, from, to, port))
              .map((port) => `${from.name} → ${to.name}:${port}`),
      ),
    );
  const isOwn = (end: End) => 'namespace' in end && end.namespace === 'shop';

  test('the waypoint is at one end of every connection between workloads', () => {
    expect(reach(policies).sort()).toEqual(
      [
        'ingress → waypoint:15008',
        'web → waypoint:15008',
        'orders → waypoint:15008',
        'waypoint → web:15008',
        'waypoint → orders:15008',
        'waypoint → payments:15008',
        'waypoint → decision:8090',
        'waypoint → istiod:15012',
        'decision → istiod:15012',
        'decision → egress:8443',
        'prometheus → waypoint:15020',
        'prometheus → waypoint:15090',
        'prometheus → decision:15020',
        'prometheus → decision:15090',
      ].sort(),
    );
  });

  test('without any one policy another set of connections passes', () => {
    const all = reach(policies).join();
    // Names are looked up on a port that is not among these.
    const idle = policies.filter(
      (policy) => reach(policies.filter((each) => each !== policy)).join() === all,
    );
    expect(idle.map(({ metadata }) => metadata.name)).toEqual(['all-pods.platform']);
  });

  test('probes come from their own address, to the application alone', () => {
    const probed = JSON.stringify(policies.find(({ metadata }) => metadata.name === 'orders'));
    expect(probed).toContain('{"ipBlock":{"cidr":"169.254.7.127/32"}}],"ports":[{"port":8081');
  });
});

describe('what is refused', () => {
  const { ingressGateway: _ingress, ...withoutIngress } = ambientShop;
  const { decisionService: _decision, ...alone } = ambientShop;
  const two = { trustDomain: 'shop.example', environment: 'dev', authority: { namespace: 'shop' } } as const;
  const tcpModel = defineZeroTrust({
    ...two,
    services: { web: http(), ledger: tcp() },
    access: [allow(workload('web')).to('ledger', connect())],
  });
  const certificates = {
    issuer: { name: 'mesh' },
    roots: [{ kind: 'ConfigMap', name: 'root', key: 'ca.crt' }],
    gatewayIssuer: { name: 'public' },
    driverIssuer: { name: 'pods' },
  } as const;
  const egressModel = defineZeroTrust({
    ...two,
    services: { web: http(), orders: http() },
    access: [allow(workload('web')).to('orders', 'GET /')],
    egress: [allowOut(workload('web')).to('https://api.example')],
  });
  const named = defineZeroTrust({
    ...two,
    services: { web: http(), waypoint: http() },
    access: [allow(workload('web')).to('waypoint', 'GET /')],
  });

  test.each<[string, RegExp, ZeroTrustPlatformProps]>([
    ['ingress-gateway', /ztunnel lets no client/, withoutIngress],
    [
      'not-expressible',
      /istio-ambient \(token: .*GET \/.* from spiffe:.*reference says allow/s,
      { ...alone, network: {} },
    ],
    [
      'not-expressible',
      /istio-ambient \(tcp: behind a waypoint ztunnel sees the waypoint.*reference says allow/s,
      { ...ambientShop, model: tcpModel, services: {} },
    ],
    [
      'ambient-egress',
      /nobody carries a call/,
      { ...ambientShop, model: egressModel, services: {}, egress: { image: EGRESS_IMAGE }, certificates },
    ],
    [
      'object-collision',
      /the waypoint of the namespace has this name/,
      { ...ambientShop, model: named, services: {} },
    ],
    [
      'open-kind',
      /lets? the waypoint in/,
      {
        ...ambientShop,
        guard: {
          ...ambientShop.guard,
          openKinds: [{ kind: 'VirtualService', reason: 'teams shift traffic' }],
        },
      },
    ],
  ])('%s: %s', (code, message, props) => {
    const thrown = errorOf(() => new ZeroTrustPlatform(new App(), 'shop', props));
    expect([thrown.code, thrown.message]).toEqual([code, expect.stringMatching(message)]);
  });
});

function errorOf(run: () => unknown): ZeroTrustError {
  try {
    run();
  } catch (error) {
    if (error instanceof ZeroTrustError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the guards', () => {
  const guards = guardsOf(ambientPlan, { ...ambientShop, ...ambientShop.guard });
  const pod = (account: string, more: Partial<Fields> = {}, spec: Fields = {}): KubernetesObject => {
    const { labels = { 'app.kubernetes.io/name': account }, annotations = {} } = more as Record<
      string,
      Labels
    >;
    const container = { name: 'app', image: PROXY, securityContext: { allowPrivilegeEscalation: false } };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'it', namespace: 'shop', labels, annotations },
      spec: { serviceAccountName: account, containers: [container], ...spec },
    };
  };
  type Fields = Readonly<Record<string, unknown>>;
  type Labels = Readonly<Record<string, string>>;
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
    args: ['proxy', 'waypoint', '--domain'],
    env: [{ name: 'PILOT_CERT_PROVIDER', value: 'istiod' }],
    startupProbe: ready,
    readinessProbe: ready,
  };
  const waypoint = (labels: Labels = OF_WAYPOINT, container: Fields = {}, spec: Fields = {}) =>
    pod('waypoint', { labels }, { containers: [{ ...PROXY_CONTAINER, ...container }], ...spec });
  const sidecar = { name: 'istio-proxy', image: PROXY, args: ['proxy', 'sidecar'] };
  const decision = (containers: readonly Fields[] = [sidecar]) =>
    pod(
      'decision',
      {
        labels: { 'app.kubernetes.io/name': 'decision', 'security.istio.io/tlsMode': 'istio' },
        annotations: { 'sidecar.istio.io/status': '{"containers":["istio-proxy"]}' },
      },
      { containers: [{ name: 'decision', image: IMAGES[0] }, ...containers] },
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
  });
  const ofGatewayApi = (kind: string): KubernetesObject => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name: 'foreign', namespace: 'shop' },
    spec: {},
  });
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

  const CASES: readonly GuardCase[] = [
    { what: 'a pod', object: pod('web') },
    { what: 'a pod that was taken in is changed', object: pod('web', enrolled), operation: 'UPDATE' },
    { what: 'the waypoint as Istio makes it', object: waypoint() },
    { what: 'the decision service with its sidecar', object: decision() },
    { what: 'the decision service without one', object: decision([]), refusedBy: 'mesh-opt-out' },
    { what: 'a Service', object: service({}) },
    { what: 'a Service that names the waypoint', object: service({ 'istio.io/use-waypoint': 'waypoint' }) },
    {
      what: 'a Service of the plan with a name for its port and more of its labels',
      object: led('web', {
        selector: { ...named('web'), track: 'stable' },
        ports: [
          { port: 80, targetPort: 'http' },
          { port: 9090, targetPort: 9090 },
        ],
      }),
    },
    { what: 'a Service of nobody’s name', object: led('other', { selector: named('orders') }) },
    { what: 'its endpoints', object: slice('other') },
    { what: 'the Service of the waypoint', object: led('waypoint', { selector: OF_WAYPOINT }) },
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
        [
          'has another workload’s name',
          { selector: named('orders'), ports: [{ port: 80, targetPort: 8080 }] },
        ],
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
      object: led('waypoint', { selector: named('web') }),
      refusedBy: 'waypoint-bypass',
    },
    ...[slice('web'), slice('orders'), slice('waypoint'), endpoints('web')].map((object) => ({
      what: `somebody’s ${object.kind}`,
      object,
      refusedBy: 'service-endpoints',
    })),
    { what: 'the deployers’ Gateway', object: ofGatewayApi('Gateway'), user: DEPLOYER },
    { what: 'the namespace', object: namespace(ENROLLED) },
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
        ['a waypoint that prepares', waypoint(OF_WAYPOINT, {}, { initContainers: [PROXY_CONTAINER] })],
        ['a waypoint whose connections ztunnel carries', waypoint(IN_ZTUNNEL)],
        [
          'a waypoint that runs more as it starts',
          waypoint(OF_WAYPOINT, { lifecycle: { postStart: ENVOY } }),
        ],
        ['a waypoint that runs more as it ends', waypoint(OF_WAYPOINT, { lifecycle: { preStop: ENVOY } })],
        ...['livenessProbe', 'readinessProbe', 'startupProbe'].map(
          (probe) =>
            [`a waypoint with a command as ${probe}`, waypoint(OF_WAYPOINT, { [probe]: ENVOY })] as const,
        ),
        ...['DISABLE_ENVOY', 'ISTIO_BOOTSTRAP_OVERRIDE'].map(
          (name) =>
            [`a waypoint with ${name}`, waypoint(OF_WAYPOINT, { env: [{ name, value: '1' }] })] as const,
        ),
        [
          'a waypoint with the environment of a ConfigMap',
          waypoint(OF_WAYPOINT, { envFrom: [{ configMapRef: { name: 'mine' } }] }),
        ],
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
    ...['Gateway', 'HTTPRoute'].map((kind) => ({
      what: `somebody’s ${kind}`,
      object: ofGatewayApi(kind),
      refusedBy: 'foreign-policy',
    })),
    ...(Object.keys(ENROLLED) as (keyof typeof ENROLLED)[]).map((name) => ({
      what: `the namespace without ${name}`,
      object: namespace(without(name)),
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

  test.each(CASES.map((each) => [each.refusedBy ?? 'nobody', each.what, each] as const))(
    '%s refuses: %s',
    (_by, _what, given) => {
      const found = guards.filter((guard) => answers(guard, given).length > 0).map(({ id }) => id);
      expect(found).toEqual(given.refusedBy === undefined ? [] : [given.refusedBy]);
    },
  );

  test('without any one rule of the guards of this mode some case would pass', () => {
    const own = guards.filter(({ id }) =>
      ['ambient-opt-out', 'service-endpoints', 'waypoint-bypass'].includes(id),
    );
    const idle = own.flatMap((guard) =>
      guard.validations.filter(
        ({ message }) =>
          !CASES.some((each) => {
            const found = answers(guard, each);
            return found.length > 0 && found.every((one) => one === message);
          }),
      ),
    );
    expect(idle.map(({ message }) => message)).toEqual([]);
  });
});
