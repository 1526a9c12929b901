import { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  allow,
  allowOut,
  defineZeroTrust,
  http,
  oidc,
  user,
  workload,
  ZeroTrustError,
} from 'zero-trust-platform';
import * as cdk8s from 'zero-trust-platform/cdk8s';
import { excerpt } from '../../../lib/diagnostic.js';
import { resolve } from '../../../lib/plan/resolve.js';

/** Whoever writes JavaScript may give anything: what is refused has a code, and says where, what and why. */

const DIGEST = `@sha256:${'0'.repeat(64)}`;
const model = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'dev',
  authority: { namespace: 'shop' },
  identity: {
    providers: {
      staff: oidc({ issuer: 'https://login.shop.example', jwksUri: 'https://login.shop.example/keys' }),
    },
  },
  services: { web: http({ host: 'www.shop.example' }), orders: http() },
  access: [allow(user()).to('web', 'GET /'), allow(workload('web')).to('orders', 'GET /')],
  egress: [allowOut(workload('orders')).to('https://api.bank.example', 'GET /')],
});
const plan = resolve(model, { engine: 'kubernetes' });

const pods = { namespace: 'there', selector: { app: 'there' }, ports: [8443] };
const issuer = { name: 'mesh', kind: 'ClusterIssuer', group: 'cert-manager.io' };
const resources = { requests: { cpu: '1' }, limits: { cpu: '1' } };
const gateway = { selector: { app: 'gateway' }, ports: [8443], clientNetworks: ['10.0.0.0/8'] };
const ingressGateway = {
  namespace: 'edge',
  serviceAccount: 'edge',
  selector: { app: 'edge' },
  checksClientProofs: { reason: 'its own filter', until: '2099-01-01' },
};
const ingress = {
  issuer,
  namespace: 'shop-edge',
  gatewayClassName: 'eg',
  certificateSecret: 'public',
  controllerNamespace: 'envoy',
  controllerSelector: { app: 'envoy-gateway' },
  clientNetworks: ['10.0.0.0/8'],
  trustedHops: 1,
  replicas: 2,
  maxConnections: 100,
  image: `envoy${DIGEST}`,
  port: 443,
};
const workloads = {
  mode: 'sidecar',
  services: { web: { selector: { app: 'web' }, port: 8080, serviceName: 'web', servicePort: 80 } },
  decisionService: {
    selector: { app: 'decision' },
    serviceName: 'decision',
    servicePort: 80,
    port: 8090,
    serviceAccount: 'decision',
    image: `decision${DIGEST}`,
    replicas: 2,
    resources,
    apiServer: { networks: ['10.0.0.1/32'], port: 6443 },
    privateIssuers: { staff: { namespace: 'login', selector: { app: 'login' }, port: 8443 } },
    issuerAuthorities: { configMap: 'roots', key: 'ca.crt' },
  },
  egress: {
    image: `envoy${DIGEST}`,
    replicas: 2,
    resources,
    ipFamily: 'IPv4',
    certificates: { secret: { secretName: 'egress' } },
  },
};
const certificates = {
  issuer,
  roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }],
  driverIssuer: { name: 'driver', kind: 'ClusterIssuer', group: 'cert-manager.io' },
  namespace: 'cert-manager',
  certManager: { namespace: 'cert-manager', serviceAccount: 'cert-manager' },
  trustManager: { namespace: 'trust', serviceAccount: 'trust-manager' },
  gatewayIssuer: issuer,
  gatewayNamespace: 'edge',
};
const guard = {
  deployers: { users: ['deployer'], groups: ['platform-team'] },
  proxyImage: `proxyv2${DIGEST}`,
  images: { web: [`web${DIGEST}`] },
  revokers: { users: ['on-duty'], groups: ['security'] },
  openKinds: [{ kind: 'VirtualService', reason: 'teams shift traffic' }],
};
const network = {
  dns: { ...pods, networks: ['169.254.20.10/32'] },
  controlPlane: pods,
  certificateAuthority: pods,
  egressGateway: { ...pods, callers: ['orders'] },
  shared: [
    { callers: ['orders'], reason: 'events', namespace: 'queues', selector: { app: 'kafka' }, ports: [9093] },
  ],
  monitoring: { namespace: 'there', selector: { app: 'prometheus' } },
  nodeNetworks: ['10.1.0.0/16'],
};
const visibility = {
  alarms: true,
  refusedPercent: 50,
  serverErrors: 10,
  ruleLabels: { release: 'prometheus' },
};
const revision = '1-31';
const clusterDomain = 'cluster.local';
const part = { plan, labels: { team: 'platform' } };

/** Everything that a construct takes, by its name. */
const PROPS: Readonly<Record<string, object>> = {
  DecisionService: { ...part, ...workloads, clusterDomain },
  MeshAuthorization: {
    ...part,
    ...workloads,
    ingressGateway,
    calledNamespaces: ['kube-system'],
    clusterDomain,
    revision,
  },
  MeshCertificates: { ...part, ...certificates, revision },
  MeshEgress: { ...part, ...workloads, clusterDomain },
  MeshIngress: { ...part, ...workloads, ingress },
  MeshNamespace: { ...part, ...workloads, gateway, revision },
  MeshNetworkPolicies: { ...part, ...workloads, ...network, gateway, certificates: { namespace: 'issuing' } },
  MeshPrerequisites: {
    ...part,
    mode: 'sidecar',
    certificates,
    revision,
    proxyImage: guard.proxyImage,
    egress: workloads.egress,
    ingress,
    decisionService: workloads.decisionService,
    clusterDomain,
    extensionProviders: [{ name: 'own' }],
  },
  MeshVisibility: {
    ...part,
    ...visibility,
    mode: 'sidecar',
    certificates: { gatewayIssuer: issuer },
    gatewayNamespace: 'edge',
    isGatewayMade: true,
  },
  WorkloadGuard: { ...part, ...workloads, ...guard, ingressGateway, certificates, revision },
  ZeroTrustPlatform: {
    ...workloads,
    model,
    labels: part.labels,
    ingress,
    guard,
    revision,
    clusterDomain,
    network,
    certificates,
    visibility,
  },
};

type Make = (given: unknown) => unknown;
type Maker = new (scope: unknown, id: unknown, props: unknown) => Construct;

/** A construct in a chart of its own. */
const constructOf = (name: string): Make => {
  const Class = (cdk8s as unknown as Record<string, Maker>)[name]!;
  return (props) => new Class(new Chart(new App(), 'chart'), 'part', props);
};

const mesh = cdk8s.meshOptions(plan, { ...workloads, ingressGateway } as never);
const policy = cdk8s.meshPolicy(plan, mesh);

/** The functions, each with what it is given and what of that is tried. */
const FUNCTIONS: Readonly<Record<string, readonly [object, Make]>> = {
  authorizerFile: [{}, (data) => cdk8s.authorizerFile(data as never)],
  meshAuthorization: [mesh, (options) => cdk8s.meshAuthorization(plan, options as never)],
  meshDecisionData: [{}, (given) => cdk8s.meshDecisionData(plan, given as never)],
  meshOptions: [{ ...workloads, ingressGateway }, (options) => cdk8s.meshOptions(plan, options as never)],
  meshPolicy: [mesh, (options) => cdk8s.meshPolicy(plan, options as never)],
  meshSettings: [mesh, (options) => cdk8s.meshSettings(plan, options as never)],
};

const ALL: Readonly<Record<string, readonly [object, Make]>> = {
  ...Object.fromEntries(
    Object.entries(PROPS).map(([name, props]) => [name, [props, constructOf(name)] as const]),
  ),
  ...FUNCTIONS,
};

const BAD: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  '',
  'text',
  {},
  [],
  [null],
  { name: null },
  () => 0,
];

/** What an attempt is refused with; undefined if it is not. */
function refusal(make: () => unknown): unknown {
  try {
    make();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** What of an error is not as every error is. */
function oddness(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (!(error instanceof ZeroTrustError)) return error instanceof Error ? error.stack : 'no error at all';
  const silent = error.diagnostics.filter(({ code, message }) => code === '' || message === '');
  return error.code === '' || error.diagnostics.length === 0 || silent.length > 0
    ? `silent: ${error.message}`
    : undefined;
}

/** The value, and each copy of it with something else in one place, however deep. The plan and the model are whole. */
function variants(value: unknown, bad: readonly unknown[], path = ''): [string, unknown][] {
  const here = bad.map((other): [string, unknown] => [`${path || 'all'} ← ${excerpt(other)}`, other]);
  if (typeof value !== 'object' || value === null || /(^|\.)(plan|model)$/.test(path)) return here;
  const inside = Object.entries(value).flatMap(([key, member]) =>
    variants(member, bad, path === '' ? key : `${path}.${key}`).map(([where, other]): [string, unknown] => [
      where,
      Array.isArray(value)
        ? value.map((each, index) => (index === Number(key) ? other : each))
        : { ...value, [key]: other },
    ]),
  );
  return [...here, ...inside];
}

beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => {}));
afterAll(() => jest.restoreAllMocks());

test('every construct and every function is here', () => {
  const isPublic = ([name, value]: [string, unknown]) => typeof value === 'function' && name !== 'Part';
  expect(
    Object.entries(cdk8s)
      .filter(isPublic)
      .map(([name]) => name)
      .sort(),
  ).toEqual(Object.keys(ALL).sort());
});

test.each(Object.entries(PROPS))('%s takes what is given here', (name, props) => {
  expect(refusal(() => constructOf(name)(props))).toBeUndefined();
});

test.each(Object.entries(ALL))('%s refuses whatever is wrong by a code', (name, [given, make]) => {
  // What the platform takes costs the most, and is each part's own to look at.
  const bad = name === 'ZeroTrustPlatform' ? [undefined, null, {}] : BAD;
  const odd = variants(given, bad).flatMap(([where, value]) => {
    const found = oddness(refusal(() => make(value)));
    return found === undefined ? [] : [`${where}: ${found}`];
  });
  expect(odd).toEqual([]);
});

test.each(Object.entries(PROPS))('%s takes no null, wherever it is', (name, props) => {
  const taken = variants(props, [null]).filter(
    ([, value]) => refusal(() => constructOf(name)(value)) === undefined,
  );
  // What is in there is Kubernetes’ own to say.
  expect(
    taken
      .map(([where]) => where)
      .filter((where) => !/egress\.certificates\.|extensionProviders\./.test(where)),
  ).toEqual([]);
});

test.each(Object.keys(PROPS))('%s is in a chart, by a name', (name) => {
  const Class = (cdk8s as unknown as Record<string, Maker>)[name]!;
  const chart = () => new Chart(new App(), 'chart');
  const places: [unknown, unknown][] = [
    ...BAD.filter((bad) => bad !== 'text').map((bad): [unknown, unknown] => [chart(), bad]),
    ...BAD.map((bad): [unknown, unknown] => [bad, 'part']),
  ];
  const found = places.map(([scope, id]) => refusal(() => new Class(scope, id, PROPS[name])));
  expect(found.filter((error) => (error as ZeroTrustError | undefined)?.code !== 'wrong-type')).toEqual([]);
  if (name === 'ZeroTrustPlatform') return;
  expect(refusal(() => new Class(new App(), 'part', PROPS[name]))).toMatchObject({ code: 'no-chart' });
});

test('a plan that is none, and what is weakened by nothing, is refused by a code', () => {
  const chart = new Chart(new App(), 'chart');
  const authorization = new cdk8s.MeshAuthorization(chart, 'mesh', PROPS['MeshAuthorization'] as never);
  const odd = BAD.flatMap((bad) => [
    refusal(() => cdk8s.meshAuthorization(bad as never, mesh)),
    refusal(() => cdk8s.meshOptions(bad as never, {})),
    refusal(() => cdk8s.meshPolicy(bad as never, mesh)),
    refusal(() => cdk8s.meshSettings(bad as never, mesh)),
    refusal(() => cdk8s.meshDecisionData(bad as never, policy)),
    refusal(() => authorization.weakened('PeerAuthentication', 'default', bad as never)),
    refusal(() => authorization.weakenedBy(bad as never, { reason: 'why', until: '2099-01-01' })),
    refusal(() => authorization.object(bad as never, bad as never)),
  ]);
  expect(odd.filter((error) => error === undefined || oddness(error) !== undefined)).toEqual([]);
});

test('whatever is of another type is told at once, each with its path', () => {
  const props = {
    ...PROPS['ZeroTrustPlatform'],
    mode: 'ambiant',
    services: { web: { port: '80' } },
    network: { controlPlane: {} },
  };
  expect(refusal(() => constructOf('ZeroTrustPlatform')(props))).toMatchObject({
    code: 'invalid-props',
    diagnostics: [
      { code: 'unknown-value', path: 'mode', found: '"ambiant"', expected: '"sidecar", "ambient"' },
      { code: 'wrong-type', path: 'services.web.port', found: '"80"', expected: 'number' },
      { code: 'missing', path: 'network.controlPlane.namespace' },
      { code: 'missing', path: 'network.controlPlane.selector' },
      { code: 'missing', path: 'network.controlPlane.ports' },
    ],
  });
});
