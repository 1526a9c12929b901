import { clusterFindings } from '../../cli/cluster.js';
import {
  guardPolicies,
  type KubernetesObject,
  prerequisiteObjects,
  type Settings,
} from '../../lib/kubernetes/index.js';
import { cluster, ClusterDouble, GUARDS, options, plan, type Told, withDefaults } from './cluster-double.js';

const double = new ClusterDouble();
afterEach(() => double.forget());
afterAll(() => double.remove());

/** Of one that a file tells of. */
const findings = (parts: Told, manifests = double.manifests) =>
  clusterFindings(manifests, double.told(parts));

const GROUPS: Readonly<Record<string, string>> = {
  CiliumNetworkPolicy: 'cilium.io/v2',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  VirtualService: 'networking.istio.io/v1',
};

const of = (kind: string, name: string, spec: Settings = {}, namespace = 'shop'): KubernetesObject => ({
  apiVersion: GROUPS[kind]!,
  kind,
  metadata: { name, namespace },
  spec,
});

test('a policy of the platform’s namespace that the manifests do not have is found', async () => {
  const own = of('NetworkPolicy', 'orders');
  const manifests = double.write('policies.yaml', [...prerequisiteObjects(plan, options), ...GUARDS, own]);
  const found = (...others: readonly KubernetesObject[]) => findings({ others }, manifests);
  expect(await found(own, of('NetworkPolicy', 'theirs', {}, 'elsewhere'))).toEqual([]);
  expect(await found(own, of('PeerAuthentication', 'older'), of('NetworkPolicy', 'all'))).toMatchObject([
    { code: 'foreign-policy', severity: 'error', path: 'PeerAuthentication shop/older' },
    { code: 'foreign-policy', path: 'NetworkPolicy shop/all' },
  ]);
  const others = ['EnvoyFilter', 'HTTPRoute', 'CiliumNetworkPolicy', 'VirtualService'].map((kind) =>
    of(kind, 'orders'),
  );
  double.answer(cluster({ others }));
  const asked = await clusterFindings(manifests);
  expect(asked.map(({ code, path }) => `${code} ${path}`).toSorted()).toEqual([
    'foreign-policy CiliumNetworkPolicy shop/orders',
    'foreign-policy EnvoyFilter shop/orders',
    'foreign-policy HTTPRoute shop/orders',
    'foreign-policy VirtualService shop/orders',
  ]);
});

test('what the guard leaves to others is no finding', async () => {
  const opened = guardPolicies(plan, {
    ...options,
    deployers: { users: ['deployer'] },
    images: { gateway: [] },
    proxyImage: `registry.example/proxyv2@sha256:${'0'.repeat(64)}`,
    openKinds: [{ kind: 'VirtualService', reason: 'teams shift traffic' }],
  });
  const own = of('NetworkPolicy', 'orders');
  const manifests = double.write('opened.yaml', [...prerequisiteObjects(plan, options), ...opened, own]);
  const others = [of('VirtualService', 'canary'), of('EnvoyFilter', 'canary')];
  expect(await findings({ others, guards: opened.map(withDefaults) }, manifests)).toMatchObject([
    { path: 'EnvoyFilter shop/canary' },
  ]);
});

test.each<[string, string, Settings, Settings, string | undefined]>([
  [
    'left open',
    'PeerAuthentication',
    { mtls: { mode: 'STRICT' } },
    { mtls: { mode: 'PERMISSIVE' } },
    'spec.mtls.mode',
  ],
  [
    'open at a port',
    'PeerAuthentication',
    { mtls: { mode: 'STRICT' } },
    { mtls: { mode: 'STRICT' }, portLevelMtls: { 8080: { mode: 'DISABLE' } } },
    'spec.portLevelMtls',
  ],
  [
    'of some pods',
    'PeerAuthentication',
    { mtls: { mode: 'STRICT' } },
    { mtls: { mode: 'STRICT' }, selector: { matchLabels: { a: 'b' } } },
    'spec.selector',
  ],
  [
    'with one rule more',
    'NetworkPolicy',
    { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
    { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }, {}] },
    'spec.ingress',
  ],
  [
    'of every protocol',
    'NetworkPolicy',
    { podSelector: {}, ingress: [{ ports: [{ port: 1 }] }] },
    { podSelector: {}, ingress: [{ ports: [{ port: 1, protocol: 'SCTP' }] }] },
    'spec.ingress[0].ports[0].protocol',
  ],
  [
    'with what the server adds',
    'NetworkPolicy',
    { podSelector: {}, ingress: [{ ports: [{ port: 1 }] }], egress: [] },
    { podSelector: {}, ingress: [{ ports: [{ port: 1, protocol: 'TCP' }] }] },
    undefined,
  ],
  [
    'with fields in another order',
    'NetworkPolicy',
    { podSelector: {}, policyTypes: ['Ingress'] },
    { policyTypes: ['Ingress'], podSelector: {} },
    undefined,
  ],
  [
    'elsewhere',
    'HTTPRoute',
    { parentRefs: [{ name: 'a' }] },
    { parentRefs: [{ name: 'a', group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'b' }] },
    'spec.parentRefs[0].namespace',
  ],
])('a policy of the manifests, %s', async (_what, kind, spec, there, path) => {
  const own = of(kind, 'default', spec);
  const manifests = double.write('changed.yaml', [...prerequisiteObjects(plan, options), ...GUARDS, own]);
  expect(await findings({ others: [of(kind, 'default', there)] }, manifests)).toMatchObject(
    path === undefined
      ? []
      : [{ code: 'policy-changed', severity: 'error', path: `${kind} shop/default.${path}` }],
  );
});

test('a policy of the manifests that only looks on is found', async () => {
  const own = of('PeerAuthentication', 'default');
  const manifests = double.write('looks.yaml', [...prerequisiteObjects(plan, options), ...GUARDS, own]);
  const annotations = { 'istio.io/dry-run': 'true', 'kubectl.kubernetes.io/restartedAt': 'now' };
  const others = [{ ...own, metadata: { ...own.metadata, annotations } }];
  expect(await findings({ others }, manifests)).toMatchObject([
    { path: 'PeerAuthentication shop/default.metadata.annotations.istio.io/dry-run' },
  ]);
});

test('a policy of the gateway that the manifests do not have is found where theirs are', async () => {
  const of = (name: string, namespace: string): KubernetesObject => ({
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'SecurityPolicy',
    metadata: { name, namespace },
    spec: {},
  });
  const own = of('gateway', 'shop-ingress');
  const manifests = double.write('gateway.yaml', [...prerequisiteObjects(plan, options), ...GUARDS, own]);
  const others = [own, of('other', 'shop-ingress'), of('other', 'elsewhere')];
  const found = [{ code: 'foreign-policy', path: 'SecurityPolicy shop-ingress/other' }];
  expect(await findings({ others }, manifests)).toMatchObject(found);
  double.answer(cluster({ others }));
  expect(await clusterFindings(manifests)).toMatchObject(found);
});
