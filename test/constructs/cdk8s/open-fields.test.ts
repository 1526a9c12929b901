import { App, JsonPatch } from 'cdk8s';
import { ZeroTrustPlatform } from 'zero-trust-platform/cdk8s';
import { guard, model, objectsOf } from './acme.js';

const image = `registry.example/decision@sha256:${'1'.repeat(64)}`;
const made = () =>
  new ZeroTrustPlatform(new App(), 'acme', {
    model: model(1),
    guard: { ...guard, images: {} },
    ingress: { issuer: { name: 'mesh' } },
    decisionService: { image, apiServer: { networks: ['10.0.0.1/32'], port: 443 } },
    certificates: {
      issuer: { name: 'mesh' },
      roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }],
      gatewayIssuer: { name: 'letsencrypt' },
    },
    visibility: { alarms: false },
  });

/** Objects whose fields are open in part. */
const OBJECTS = {
  proxy: ({ ingress }: ZeroTrustPlatform) => ingress!.object('EnvoyProxy', 'gateway'),
  gateway: ({ ingress }: ZeroTrustPlatform) => ingress!.object('Gateway', 'gateway'),
  leaf: ({ ingress }: ZeroTrustPlatform) => ingress!.object('Certificate', 'gateway-identity'),
  deployment: ({ decisionService }: ZeroTrustPlatform) => decisionService!.object('Deployment', 'decision'),
  service: ({ decisionService }: ZeroTrustPlatform) => decisionService!.object('Service', 'decision'),
  certificate: ({ certificates }: ZeroTrustPlatform) => certificates!.object('Certificate', 'gateway'),
  istiod: ({ certificates }: ZeroTrustPlatform) => certificates!.object('Certificate', 'istiod'),
};

type Change = readonly [keyof typeof OBJECTS, path: string, value: unknown];
const KUBERNETES = '/spec/provider/kubernetes';

const OPEN: readonly Change[] = [
  [
    'proxy',
    `${KUBERNETES}/envoyService`,
    { annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internal' } },
  ],
  [
    'proxy',
    `${KUBERNETES}/envoyService`,
    { loadBalancerClass: 'eks.amazonaws.com/nlb', type: 'LoadBalancer' },
  ],
  ['proxy', `${KUBERNETES}/envoyHpa`, { minReplicas: 2, maxReplicas: 9 }],
  ['proxy', `${KUBERNETES}/envoyPDB`, { minAvailable: 2 }],
  [
    'proxy',
    `${KUBERNETES}/envoyDeployment/pod`,
    { tolerations: [{ operator: 'Exists' }], labels: { team: 'a' } },
  ],
  ['proxy', `${KUBERNETES}/envoyDeployment/container`, { resources: { limits: { memory: '1Gi' } } }],
  ['gateway', '/spec/infrastructure/annotations', { 'cloud.google.com/load-balancer-type': 'Internal' }],
  ['gateway', '/spec/addresses', [{ type: 'IPAddress', value: '192.0.2.1' }]],
  ['deployment', '/spec/template/metadata/labels/team', 'a'],
  ['deployment', '/spec/template/metadata/annotations', { 'prometheus.io/scrape': 'false' }],
  ['service', '/spec/trafficDistribution', 'PreferClose'],
  ['certificate', '/spec/duration', '2160h'],
];

const CLOSED: readonly Change[] = [
  // By a node's address a rule for a network would judge.
  ['proxy', `${KUBERNETES}/envoyService`, { externalTrafficPolicy: 'Cluster' }],
  ['proxy', `${KUBERNETES}/envoyService`, { patch: { value: {} } }],
  ['proxy', `${KUBERNETES}/envoyDeployment/patch`, { value: {} }],
  ['proxy', `${KUBERNETES}/envoyDeployment/container`, { env: [{ name: 'A', value: 'b' }] }],
  ['proxy', `${KUBERNETES}/envoyDeployment/initContainers`, [{ name: 'a', image: 'b' }]],
  ['proxy', `${KUBERNETES}/envoyDeployment/pod`, { labels: { 'istio.io/rev': 'canary' } }],
  ['proxy', '/spec/routingType', 'Service'],
  ['proxy', '/spec/telemetry/accessLog', { disable: true }],
  ['proxy', '/spec/logging', { level: { default: 'trace' } }],
  ['gateway', '/spec/infrastructure/parametersRef/name', 'another'],
  ['gateway', '/spec/gatewayClassName', 'another'],
  ['gateway', '/spec/listeners/0/allowedRoutes', { namespaces: { from: 'All' } }],
  ['deployment', '/spec/template/metadata/labels/sidecar.istio.io~1inject', 'false'],
  ['deployment', '/spec/template/metadata/labels/app.kubernetes.io~1name', 'another'],
  // By these it would be a pod of another workload.
  ['deployment', '/spec/template/metadata/labels/app', 'orders'],
  ['deployment', '/spec/template/metadata/labels/k8s-app', 'orders'],
  ['deployment', '/spec/template/metadata/labels/gateway.envoyproxy.io~1owning-gateway-name', 'gateway'],
  ['deployment', '/spec/template/metadata/labels/gateway.networking.k8s.io~1gateway-name', 'gateway'],
  [
    'proxy',
    `${KUBERNETES}/envoyDeployment/pod`,
    { labels: { 'gateway.envoyproxy.io/owning-gateway-name': 'another' } },
  ],
  ['proxy', `${KUBERNETES}/envoyDeployment/pod`, { labels: { 'app.kubernetes.io/name': 'another' } }],
  ['gateway', '/spec/infrastructure/labels', { 'gateway.envoyproxy.io/owning-gateway-name': 'another' }],
  ['deployment', '/spec/template/metadata/annotations', { 'k8s.v1.cni.cncf.io/networks': 'another' }],
  [
    'deployment',
    '/spec/template/metadata/annotations',
    { 'traffic.sidecar.istio.io/excludeInboundPorts': '8090' },
  ],
  ['deployment', '/spec/template/spec/containers/0/image', 'another'],
  ['service', '/spec/selector', { app: 'another' }],
  ['service', '/spec/ports/0/targetPort', 1],
  ['certificate', '/spec/issuerRef/name', 'another'],
  ['leaf', '/spec/duration', '2160h'],
  ['istiod', '/spec/duration', '2160h'],
];

/** Whether it is written with this change. */
function isTaken([name, path, value]: Change): boolean {
  const platform = made();
  const object = OBJECTS[name](platform);
  object.addJsonPatch(JsonPatch.add(path, value));
  try {
    const { kind, metadata } = object;
    const written = objectsOf(platform).find(
      (each) => each.kind === kind && each.metadata.name === metadata.name,
    );
    expect(JSON.stringify(written)).toContain(JSON.stringify(value));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'not-as-made' });
    return false;
  }
}

test('one of two objects of a name is told by its namespace', () => {
  const { network } = made();
  const of = (namespace?: string) => network.object('NetworkPolicy', 'all-pods.default-deny', namespace);
  expect([of('acme'), of('acme-ingress')].map(({ metadata }) => metadata.namespace)).toEqual([
    'acme',
    'acme-ingress',
  ]);
  expect(() => of()).toThrow(expect.objectContaining({ code: 'ambiguous-object' }));
  expect(() => of('elsewhere')).toThrow(expect.objectContaining({ code: 'unknown-object' }));
});

test('how often, where and with how much it runs, and how it is found from outside, is the user’s', () => {
  expect(OPEN.filter((change) => !isTaken(change))).toEqual([]);
});

test('what it is, and what it lets through, is not', () => {
  expect(CLOSED.filter(isTaken)).toEqual([]);
});
