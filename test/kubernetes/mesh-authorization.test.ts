import { stringify } from 'yaml';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { allow, defineZeroTrust, http, workload } from '../../lib/model/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { decisionProvider, meshAuthorization } from '../../lib/kubernetes/index.js';
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
    'EnvoyFilter canonical-requests',
    'AuthorizationPolicy orders-allow',
    'VirtualService orders',
    'VirtualService web',
  ]);
  expect(JSON.stringify(objects)).toContain(
    '"!token-issuer":{"permissions":[{"header":{"name":"authorization"',
  );
});

test('a service without pods, and a gateway that is a service, are errors', () => {
  const { web: _web, ...others } = shopMesh.services;
  expect(errorOf(() => meshAuthorization(shopPlan, { ...shopMesh, services: others })).code).toBe(
    'mesh-service-missing',
  );
  const ingressGateway = { namespace: 'default', serviceAccount: 'web' };
  expect(errorOf(() => meshAuthorization(shopPlan, { ...shopMesh, ingressGateway })).code).toBe(
    'ingress-is-a-service',
  );
});

test('the decision service is asked fail closed, and told the address of the connection itself', () => {
  expect(decisionProvider(shopPlan, shopMesh.decisionService!, {})).toMatchObject({
    envoyExtAuthzHttp: {
      service: 'decision.default.svc.cluster.local',
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
