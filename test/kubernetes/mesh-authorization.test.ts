import { stringify } from 'yaml';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { allow, connect, defineZeroTrust, http, tcp, workload } from '../../lib/model/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { clientProofs, decisionProvider, meshAuthorization } from '../../lib/kubernetes/index.js';
import { expectGolden } from '../golden.js';
import { shopMesh, shopPlan } from './mesh-shop.js';

test('the mesh of the shop', () => {
  const objects = meshAuthorization(shopPlan, shopMesh);
  expectGolden(
    'kubernetes/shop-mesh.yaml',
    objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
  );
});

test('what Istio cannot say and nobody decides is refused, with a request that shows it', () => {
  const { decisionService: _without, ...alone } = shopMesh;
  const thrown = errorOf(() => meshAuthorization(shopPlan, alone));
  expect(thrown.code).toBe('not-expressible');
  const bySidecar = thrown.diagnostics.find(({ path }) => path === 'services.orders, rule web-sees-order');
  expect(bySidecar?.found).toMatch(
    /^GET \/orders\/x at the sidecar of orders from spiffe:.*with a good token.*reference says allow/,
  );
  expect(bySidecar?.remedy).toContain('decision service');
});

describe('conditions on the client’s own connection', () => {
  const { checksClientProofs, ...ingress } = shopMesh.ingressGateway!;
  const rules = ['services.refunds, rule payout', 'services.reports, rule board'];

  test('are an error for each rule, as nobody checks them', () => {
    const thrown = errorOf(() => meshAuthorization(shopPlan, { ...shopMesh, ingressGateway: ingress }));
    expect(thrown.code).toBe('client-proof-unchecked');
    expect(thrown.diagnostics.map(({ path }) => path)).toEqual(expect.arrayContaining(rules));
    expect(thrown.diagnostics.every(({ severity, remedy }) => severity === 'error' && remedy)).toBe(true);
  });

  test('are a warning for each, if the gateway is said to check them', () => {
    const warnings = clientProofs(shopPlan, shopMesh);
    expect(warnings.map(({ path }) => path)).toEqual(expect.arrayContaining(rules));
    expect(warnings.every(({ severity }) => severity === 'warning')).toBe(true);
  });

  test.each([
    ['a date that has passed', { ...checksClientProofs!, until: '2026-01-01' }],
    ['no date', { ...checksClientProofs!, until: 'soon' }],
    ['no reason', { ...checksClientProofs!, reason: ' ' }],
  ])('%s is not believed', (_what, said) => {
    const ingressGateway = { ...ingress, checksClientProofs: said };
    const options = { ingressGateway };
    expect(errorOf(() => clientProofs(shopPlan, options, new Date('2026-11-23'))).code).toBe(
      'client-proof-unchecked',
    );
  });
});

test('without a decision service a mesh of workloads alone takes no token', () => {
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'dev',
    services: { web: http(), orders: http() },
    access: [allow(workload('web')).to('orders', 'GET /orders/{id}')],
  });
  const services = {
    web: { selector: { app: 'web' }, port: 1 },
    orders: { selector: { app: 'orders' }, port: 2 },
  };
  const objects = meshAuthorization(resolve(model, { engine: 'kubernetes' }), { services });
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'PeerAuthentication default',
    'AuthorizationPolicy allow-nothing',
    'Sidecar default',
    'EnvoyFilter canonical-requests',
    'AuthorizationPolicy orders-allow',
    'VirtualService orders',
    'VirtualService web',
  ]);
  expect(JSON.stringify(objects)).toContain(
    '"!token-issuer":{"permissions":[{"header":{"name":"authorization"',
  );
});

test('no sidecar heeds what other namespaces say of hosts that it calls', () => {
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'dev',
    services: { web: http(), ledger: tcp() },
    access: [allow(workload('web')).to('ledger', connect())],
  });
  const options = {
    services: {
      web: { selector: { app: 'web' }, port: 1 },
      ledger: { selector: { app: 'ledger' }, port: 2 },
    },
  };
  const scopes = (more: object) =>
    meshAuthorization(resolve(model, { engine: 'kubernetes' }), { ...options, ...more })
      .filter(({ kind }) => kind === 'Sidecar')
      .map(({ metadata, spec }) => [metadata.name, (spec as { egress: object }).egress]);
  const names = 'kube-system/*.kube-system.svc.cluster.local';
  expect(scopes({})).toEqual([
    ['default', [{ hosts: ['./*', names] }]],
    ['ledger-connections', [{ hosts: ['./*', names] }]],
  ]);
  const hosts = ['./*', 'names/*.names.svc.example', 'out/*.out.svc.example'];
  expect(scopes({ clusterDomain: 'example', calledNamespaces: ['names', 'out', 'names'] })).toEqual([
    ['default', [{ hosts }]],
    ['ledger-connections', [{ hosts }]],
  ]);
  for (const open of ['*', '.', '']) {
    expect(errorOf(() => scopes({ calledNamespaces: ['names', open] }))).toMatchObject({
      code: 'object-name',
      diagnostics: [{ path: 'calledNamespaces[1]' }],
    });
  }
});

test('a service without pods, and a gateway that is a service, are errors', () => {
  const { web: _web, ...others } = shopMesh.services;
  expect(errorOf(() => meshAuthorization(shopPlan, { ...shopMesh, services: others })).code).toBe(
    'mesh-service-missing',
  );
  const ingressGateway = { ...shopMesh.ingressGateway!, namespace: 'default', serviceAccount: 'web' };
  expect(errorOf(() => meshAuthorization(shopPlan, { ...shopMesh, ingressGateway })).code).toBe(
    'ingress-is-a-service',
  );
});

test('the decision service is asked fail closed, and told the address of the connection itself', () => {
  expect(decisionProvider(shopPlan, shopMesh.decisionService!, {})).toMatchObject({
    // Istio refuses everything by a provider whose name has a dot.
    name: expect.not.stringContaining('.'),
    envoyExtAuthzHttp: {
      service: 'default/decision.default.svc.cluster.local',
      failOpen: false,
      statusOnError: '503',
      includeAdditionalHeadersInCheck: {
        'x-ztp-peer': '%DOWNSTREAM_PEER_URI_SAN%',
        'x-ztp-source-address': '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
      },
    },
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
