import {
  allow,
  anyone,
  defineZeroTrust,
  grpc,
  http,
  oidc,
  rpc,
  senderConstrained,
  sourceNetwork,
  type Condition,
  user,
  type ZeroTrustModel,
} from '../../lib/index.js';
import shop from '../../examples/shop/model.js';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import {
  clientProofs,
  type GatewayIngressOptions,
  guardPolicies,
  ingressObjects,
  type KubernetesObject,
  meshAuthorization,
  namespaceObjects,
  networkPolicies,
} from '../../lib/kubernetes/index.js';
import { meshOptions } from '../../lib/kubernetes/workloads.js';
import { resolve } from '../../lib/plan/resolve.js';
import { connects, type End } from './reach.js';
import { problemsOf } from './validate.js';

const planOf = (model: ZeroTrustModel) =>
  resolve({ ...model, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const plan = planOf(shop);
const decisionService = {
  serviceName: 'decision',
  servicePort: 80,
  port: 8090,
  selector: { app: 'decision' },
} as const;
const options: GatewayIngressOptions = { decisionService, ingress: { issuer: { name: 'mesh' } } };
const objects = ingressObjects(plan, options);

/** As far as the tests look into it. */
interface Spec {
  readonly headers: {
    readonly earlyRequestHeaders: { readonly removeOnMatch: readonly { value: string }[] };
  };
  readonly validation: { readonly subjectAltNames: unknown };
  readonly uris: readonly string[];
  readonly rules: readonly {
    readonly from: readonly { readonly source: { readonly principals: unknown } }[];
  }[];
  readonly tls: { readonly clientValidation: unknown };
}

function specOf(found: readonly KubernetesObject[], kind: string, name = 'gateway'): Spec {
  return found.find((each) => each.kind === kind && each.metadata.name === name)?.['spec'] as Spec;
}

test('the API server takes every object, of HTTP and gRPC, with and without pages that call', () => {
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'dev',
    services: { pay: grpc({ host: 'pay.shop.example' }), web: http({ host: 'www.shop.example' }) },
    access: [
      allow(anyone()).to('pay', rpc('shop.Payments/List')),
      allow(anyone()).to('web', 'GET /a/{id}', 'GET /b/**'),
    ],
  });
  const plain = ingressObjects(planOf(model), {
    ingress: { ...options.ingress, trustedHops: 1, clientNetworks: ['10.0.0.0/8'] },
  });
  for (const object of [...objects, ...plain]) {
    expect([object.kind, object.metadata.name, problemsOf(object)]).toEqual([
      object.kind,
      object.metadata.name,
      [],
    ]);
  }
});

test('there is one security policy, for the Gateway: it asks about all, admits what was admitted, and fails closed', () => {
  expect(objects.filter(({ kind }) => kind === 'SecurityPolicy')).toHaveLength(1);
  expect(specOf(objects, 'SecurityPolicy')).toMatchObject({
    targetRefs: [{ kind: 'Gateway', name: 'gateway' }],
    extAuth: {
      failOpen: false,
      statusOnError: 503,
      http: {
        backendRefs: [{ name: 'decision', namespace: 'shop', port: 80 }],
        headersToBackend: ['x-ztp-rule'],
      },
    },
    authorization: {
      defaultAction: 'Deny',
      rules: [{ action: 'Allow', cel: "'x-ztp-rule' in request.headers" }],
    },
  });
  // A client's own header of that name is dropped before.
  const { removeOnMatch } = specOf(objects, 'ClientTrafficPolicy').headers.earlyRequestHeaders;
  const isDropped = (name: string) =>
    removeOnMatch.some(({ value }) => new RegExp(`^(?:${value})$`).test(name));
  expect(
    ['x-ztp-rule', 'x-forwarded-client-cert', 'x-auth-request-user', 'proxy'].map(isDropped),
  ).not.toContain(false);
  expect(['authorization', 'x-request-id', 'traceparent'].map(isDropped)).not.toContain(true);
});

test('every service and the decision service must be its SPIFFE ID, and the gateway has its own', () => {
  const ids = objects
    .filter(({ kind }) => kind === 'BackendTLSPolicy')
    .map(({ metadata, spec }) => [metadata.name, (spec as Spec).validation.subjectAltNames]);
  const id = (name: string) => [
    { type: 'URI', uri: `spiffe://kubernetes.dev.shop.example/ns/shop/sa/${name}` },
  ];
  expect(ids).toEqual(['orders', 'refunds', 'reports', 'web', 'decision'].map((name) => [name, id(name)]));
  expect(specOf(objects, 'Certificate', 'gateway-identity').uris).toEqual([
    'spiffe://kubernetes.dev.shop.example/ns/shop-ingress/sa/gateway',
  ]);
});

test('the mesh knows the gateway, and lets it ask', () => {
  const mesh = meshAuthorization(plan, meshOptions(plan, options));
  const id = 'kubernetes.dev.shop.example/ns/shop-ingress/sa/gateway';
  expect(
    specOf(mesh, 'AuthorizationPolicy', 'decision-allow').rules[0]!.from[0]!.source.principals,
  ).toContain(id);
  expect(specOf(mesh, 'AuthorizationPolicy', 'web-allow').rules[0]!.from[0]!.source.principals).toEqual([id]);
});

test('what hangs on the client is judged by the decision service, but for a proof that each of its pods remembers alone', () => {
  const users = oidc({ issuer: 'https://id.shop.example', jwksUri: 'https://id.shop.example/jwks' });
  const withRule = (...conditions: readonly Condition[]) =>
    planOf(
      defineZeroTrust({
        trustDomain: 'shop.example',
        environment: 'dev',
        identity: { providers: { people: users } },
        services: { web: http({ host: 'www.shop.example' }) },
        access: [
          allow(user({ issuer: 'people' }))
            .to('web', 'GET /')
            .when(...conditions),
        ],
      }),
    );
  const told = withRule(senderConstrained('certificate'), sourceNetwork('198.51.100.0/24'));
  expect(clientProofs(told, { ingress: {}, decisionService })).toEqual([]);
  expect(() => clientProofs(told, { ingress: {} })).toThrow(/nobody checks/);
  expect(() => clientProofs(told, { decisionService })).toThrow(/nobody checks/);
  expect(specOf(ingressObjects(told, options), 'ClientTrafficPolicy').tls.clientValidation).toEqual({
    mode: 'Request',
  });
  // On this engine the plan itself refuses a rule that wants one.
  expect(() => withRule(senderConstrained('dpop'))).toThrow(/dpop|DPoP/);
});

test('without a decision service only what carries no token passes, and a rule for users is refused with a request', () => {
  expect(() => ingressObjects(plan, { ingress: options.ingress })).toThrow(
    /client-proof-unchecked|not-expressible/,
  );
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'dev',
    identity: {
      providers: {
        people: oidc({ issuer: 'https://id.shop.example', jwksUri: 'https://id.shop.example/jwks' }),
      },
    },
    services: { web: http({ host: 'www.shop.example' }) },
    access: [allow(user({ issuer: 'people' })).to('web', 'GET /')],
  });
  let error: unknown;
  try {
    ingressObjects(planOf(model), { ingress: options.ingress });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ZeroTrustError);
  expect((error as ZeroTrustError).diagnostics[0]).toMatchObject({
    code: 'not-expressible',
    found: expect.stringContaining('the reference says allow'),
  });
});

test('the namespace is closed and holds nobody’s pods, and the names of the gateway are nobody else’s', () => {
  expect(namespaceObjects(plan, options).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toContain(
    'Namespace shop-ingress',
  );
  const guards = guardPolicies(plan, {
    ...options,
    deployers: { users: ['deployer'] },
    proxyImage: `proxyv2@sha256:${'0'.repeat(64)}`,
    images: { decision: [`decision@sha256:${'0'.repeat(64)}`] },
  });
  expect(guards.map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining([
      'foreign-policy.shop-ingress.zero-trust-platform',
      'gateway-identity.shop-ingress.zero-trust-platform',
    ]),
  );
  expect(() =>
    ingressObjects(plan, { ...options, ingress: { ...options.ingress, namespace: 'shop' } }),
  ).toThrow(/something else runs/);
  expect(() => ingressObjects(plan, { ...options, ingress: { ...options.ingress, trustedHops: 1 } })).toThrow(
    /name an address/,
  );
});

test.each(['kube-system', 'default', 'istio-system', 'cert-manager', 'envoy-gateway-system'])(
  'nothing of the gateway is in %s, where what runs would be cut off',
  (namespace) => {
    const given = { ...options, ingress: { ...options.ingress, namespace } };
    const refused = expect.objectContaining({ code: 'reserved-namespace' });
    expect(() => ingressObjects(plan, given)).toThrow(refused);
    expect(() => namespaceObjects(plan, given)).toThrow(refused);
  },
);

test.each([
  ['reserved-port', 19_001],
  ['reserved-port', 19_003],
  ['port', 0],
  ['port', 70_000],
])('%s: the gateway does not listen on %i', (code, port) => {
  const given = { ...options, ingress: { ...options.ingress, port } };
  expect(() => ingressObjects(plan, given)).toThrow(expect.objectContaining({ code }));
});

test.each<[string, Partial<GatewayIngressOptions['ingress']>]>([
  ['object-name', { issuer: { name: '' } }],
  ['object-name', { certificateSecret: 'a b' }],
  ['object-name', { gatewayClassName: 'EG' }],
  ['object-name', { namespace: 'a.b' }],
  ['count', { replicas: -1 }],
  ['count', { replicas: 1.5 }],
  ['count', { maxConnections: 0 }],
])('%s: the API server would refuse %j', (code, more) => {
  const given = { ...options, ingress: { ...options.ingress, ...more } };
  expect(() => ingressObjects(plan, given)).toThrow(expect.objectContaining({ code }));
});

test('Envoy Gateway itself is not in a namespace of the platform', () => {
  for (const more of [{ controllerNamespace: 'shop' }, { controllerNamespace: 'edge', namespace: 'edge' }]) {
    const given = { ...options, ingress: { ...options.ingress, ...more } };
    expect(() => namespaceObjects(plan, given)).toThrow(expect.objectContaining({ code: 'ingress-gateway' }));
  }
});

test('the gateway’s pods reach what users reach and the decision service, and clients reach them alone', () => {
  const policies = networkPolicies(plan, options);
  const end = (namespace: string, labels: Readonly<Record<string, string>>): End => ({
    name: JSON.stringify(labels),
    namespace,
    labels,
  });
  const gateway = end('envoy-gateway-system', {
    'gateway.envoyproxy.io/owning-gateway-name': 'gateway',
    'gateway.envoyproxy.io/owning-gateway-namespace': 'shop-ingress',
  });
  const named = (name: string) => end('shop', { 'app.kubernetes.io/name': name });
  const decision = end('shop', { app: 'decision' });
  const controller = end('envoy-gateway-system', { 'control-plane': 'envoy-gateway' });
  const outside: End = { name: 'outside', address: 'outside' };
  const pass = (from: End, to: End, port: number) => connects(policies, from, to, port);
  expect([
    pass(gateway, named('web'), 8080),
    pass(gateway, decision, 8090),
    pass(gateway, controller, 18_000),
  ]).toEqual([true, true, true]);
  expect([
    pass(gateway, named('payments'), 8080),
    pass(gateway, named('web'), 9090),
    pass(gateway, outside, 443),
  ]).toEqual([false, false, false]);
  expect([
    pass(outside, gateway, 10_443),
    pass(outside, gateway, 19_001),
    pass(named('web'), gateway, 19_001),
  ]).toEqual([true, false, false]);
});
