import { ApiObject, App, Chart, Testing } from 'cdk8s';
import { allow, anyone, defineZeroTrust, http } from 'zero-trust-platform';
import { ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/cdk8s';
import shop from '../../../examples/shop/model.js';
import {
  CLOSED_KINDS,
  eachKind,
  GATEWAY_KINDS,
  routingKinds,
} from '../../../lib/kubernetes/foreign-kinds.js';
import { ambientShop } from '../../kubernetes/ambient-shop.js';

const DIGEST = `@sha256:${'0'.repeat(64)}`;
const until = { reason: 'the mesh is moved piece by piece', until: '2099-01-01' };

/** The shop behind a gateway that is made. */
const behindGateway = (): ZeroTrustPlatformProps => ({
  model: { ...shop, authority: { namespace: 'shop' } },
  services: { orders: { selector: { app: 'orders' } } },
  ingress: { issuer: { name: 'mesh' } },
  decisionService: {
    image: `registry.example/decision${DIGEST}`,
    apiServer: { networks: ['10.0.0.1/32'], port: 6443 },
  },
  guard: { deployers: { groups: ['platform'] }, proxyImage: `registry.example/proxyv2${DIGEST}` },
});

type Spec = Readonly<Record<string, unknown>>;
type Own = readonly [apiVersion: string, kind: string, namespace: string, spec?: Spec];

/** What is written of an app in which somebody has an object of their own, in a chart of their own. */
function synthesis(props: ZeroTrustPlatformProps, [apiVersion, kind, namespace, spec = {}]: Own) {
  const app = new App();
  const platform = new ZeroTrustPlatform(app, 'shop', props);
  const chart = new Chart(app, 'own', { namespace });
  const object = new ApiObject(chart, 'own', { apiVersion, kind, spec });
  return { platform, object, write: () => Testing.synth(chart) };
}

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
});
afterEach(() => warnings.mockRestore());

const ENVOY_GATEWAY = 'gateway.envoyproxy.io/v1alpha1';
const GATEWAY_API = 'gateway.networking.k8s.io/v1';
const SECURITY = 'security.istio.io/v1';
const open = { rules: [{}] };
const isOf = (labels: Readonly<Record<string, string>>) => ({ selector: { matchLabels: labels } });

const REFUSED: readonly Own[] = [
  [ENVOY_GATEWAY, 'SecurityPolicy', 'shop-ingress'],
  [GATEWAY_API, 'HTTPRoute', 'shop'],
  ['networking.istio.io/v1', 'Sidecar', 'shop'],
  [SECURITY, 'AuthorizationPolicy', 'istio-system', open],
  [SECURITY, 'AuthorizationPolicy', 'istio-system', { action: 'CUSTOM', ...open }],
  [SECURITY, 'AuthorizationPolicy', 'istio-system', { ...isOf({ app: 'orders' }), ...open }],
  // Pods may have labels that nobody here knows of.
  [SECURITY, 'AuthorizationPolicy', 'istio-system', { ...isOf({ team: 'a' }), ...open }],
  [SECURITY, 'RequestAuthentication', 'istio-system'],
  ['networking.istio.io/v1alpha3', 'EnvoyFilter', 'istio-system'],
  ['extensions.istio.io/v1alpha1', 'WasmPlugin', 'istio-system'],
  ['extensions.istio.io/v1alpha1', 'TrafficExtension', 'istio-system'],
];

test.each(REFUSED.map((own) => [own[1], own[2], own] as const))(
  'a %s of the user’s own in %s stops synthesis, unless it is let in by name',
  (_kind, _namespace, own) => {
    const { platform, object, write } = synthesis(behindGateway(), own);
    expect(write).toThrow(/foreign-policy: own\/own: .*expected .*mesh\.weakenedBy/s);
    platform.mesh.weakenedBy(object, until);
    expect(JSON.stringify(write())).toContain(until.reason);
  },
);

const LET_BE: readonly Own[] = [
  [ENVOY_GATEWAY, 'SecurityPolicy', 'elsewhere'],
  ['v1', 'ConfigMap', 'istio-system'],
  ['networking.istio.io/v1', 'Gateway', 'istio-system'],
  // What is not of the mesh, or is of other pods.
  [SECURITY, 'AuthorizationPolicy', 'istio-system'],
  [
    SECURITY,
    'AuthorizationPolicy',
    'istio-system',
    { targetRefs: [{ kind: 'Gateway', name: 'public' }], ...open },
  ],
  // The platform's namespace has one of its own, which Istio goes by.
  [SECURITY, 'PeerAuthentication', 'istio-system', { mtls: { mode: 'PERMISSIVE' } }],
];

test.each(LET_BE.map((own) => [own[1], own[2], own] as const))('a %s in %s is let be', (_, __, own) => {
  expect(synthesis(behindGateway(), own).write).not.toThrow();
});

/** One service behind a gateway in its own namespace, each with labels of its own. */
const simple: ZeroTrustPlatformProps = {
  model: defineZeroTrust({
    trustDomain: 'acme.example',
    environment: 'dev',
    authority: { namespace: 'shop' },
    services: { web: http({ host: 'www.acme.example' }) },
    access: [allow(anyone()).to('web', 'GET /')],
  }),
  services: { web: { selector: { app: 'web' } } },
  gateway: { selector: { app: 'gateway' } },
  guard: { ...behindGateway().guard, images: { gateway: [] } },
};

test('a selector that no pod of the platform can have reaches none', () => {
  const own = (app: string): Own => [
    SECURITY,
    'AuthorizationPolicy',
    'istio-system',
    { ...isOf({ app }), ...open },
  ];
  expect(synthesis(simple, own('web')).write).toThrow(/foreign-policy/);
  expect(synthesis(simple, own('gateway')).write).toThrow(/foreign-policy/);
  expect(synthesis(simple, own('istio-ingressgateway')).write).not.toThrow();
});

test('what refuses more, or changes metrics, is told of once', () => {
  const { write } = synthesis(behindGateway(), [
    SECURITY,
    'AuthorizationPolicy',
    'istio-system',
    { action: 'DENY', ...open },
  ]);
  warnings.mockClear();
  write();
  write();
  expect(warnings.mock.calls.map(([message]) => message as string)).toEqual([
    expect.stringMatching(/^warning root-policy at AuthorizationPolicy istio-system\//),
  ]);
});

test('a policy of all waypoints reaches a platform that has one', () => {
  const own: Own = [
    SECURITY,
    'AuthorizationPolicy',
    'istio-system',
    { targetRefs: [{ kind: 'GatewayClass', name: 'istio-waypoint' }], ...open },
  ];
  expect(synthesis(ambientShop, own).write).toThrow(/foreign-policy: own\/own: a policy of the whole mesh/);
  expect(synthesis(behindGateway(), own).write).not.toThrow();
});

test('without a gateway that is made the kinds of Envoy Gateway are nobody’s', () => {
  expect(synthesis(simple, [ENVOY_GATEWAY, 'SecurityPolicy', 'shop-ingress']).write).not.toThrow();
  expect(synthesis(simple, [ENVOY_GATEWAY, 'SecurityPolicy', 'shop']).write).not.toThrow();
  expect(synthesis(simple, [GATEWAY_API, 'HTTPRoute', 'shop']).write).toThrow(/foreign-policy/);
});

test.each(['shop', 'shop-ingress'])('in %s synthesis finds every kind that the guard holds', (namespace) => {
  const app = new App();
  const platform = new ZeroTrustPlatform(app, 'shop', behindGateway());
  const guard = `foreign-policy.${namespace}.zero-trust-platform`;
  const { spec } = platform.guard.object('ValidatingAdmissionPolicy', guard).toJson() as {
    readonly spec: { readonly matchConstraints: { readonly resourceRules: readonly Rule[] } };
  };
  const held = spec.matchConstraints.resourceRules.flatMap(({ apiGroups, resources }) =>
    apiGroups.flatMap((group) => resources.map((resource) => `${resource}.${group}`)),
  );
  const kinds = eachKind([...CLOSED_KINDS, ...routingKinds(), ...GATEWAY_KINDS]);
  const chart = new Chart(app, 'own', { namespace });
  for (const { kind, group } of kinds) {
    new ApiObject(chart, `${kind}.${group}`, { apiVersion: `${group}/v1`, kind, spec: {} });
  }
  expect(held).toEqual(expect.arrayContaining(kinds.map(({ group, resource }) => `${resource}.${group}`)));
  const message = errorOf(() => Testing.synth(chart));
  expect(kinds.filter(({ kind, group }) => !message.includes(`own/${kind}.${group}:`))).toEqual([]);
});

test('a kind that is opened is let be, in the app as well', () => {
  const own: Own = ['networking.istio.io/v1', 'VirtualService', 'shop'];
  const props = behindGateway();
  const openKinds = [{ kind: 'VirtualService', reason: 'teams shift traffic' }] as const;
  expect(synthesis(props, own).write).toThrow(/foreign-policy/);
  expect(synthesis({ ...props, guard: { ...props.guard, openKinds } }, own).write).not.toThrow();
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return '';
}
