import { allow, http, oidc, sourceNetwork, user } from '../../lib/index.js';
import { explain } from '../../lib/insight/explain.js';
import { userToken } from '../../lib/insight/token.js';
import { type Abilities, ABILITIES } from '../../lib/policy/compile/abilities/index.js';
import { resolve } from '../../lib/plan/resolve.js';

const NOW = Date.parse('2026-11-29T12:00:00Z') / 1000;
const { envoy } = ABILITIES;

beforeAll(() => {
  const limits = envoy.limits.map((limit) => ({ ...limit, most: 20 }));
  jest.replaceProperty(ABILITIES as { envoy: Abilities }, 'envoy', { ...envoy, limits });
});
afterAll(() => jest.restoreAllMocks());

/** Point by point: who decides, and whether the request comes that far. */
function way(decisionService: 'everyPoint' | 'sidecar', path: string, groups: readonly string[] = []) {
  const plan = resolve({
    trustDomain: 'shop.example',
    environment: 'prod',
    identity: {
      providers: { people: oidc({ issuer: 'https://id.example', jwksUri: 'https://id.example/jwks' }) },
    },
    services: { orders: http({ host: 'orders.shop.example', decisionService }) },
    access: [
      allow(user({ groups: ['staff'] }))
        .to('orders', 'GET /reports/by-region/{region}/{id}')
        .named('reports'),
      allow(user()).to('orders', 'GET /plain').when(sourceNetwork('10.0.0.0/8')).named('plain'),
    ],
  });
  const { outcome, points } = explain(plan, {
    method: 'GET',
    authority: 'orders.shop.example',
    path,
    credential: userToken(plan, 'orders', { issuer: 'people', groups }, NOW),
    sourceAddress: '192.0.2.1',
    now: NOW,
  });
  return [
    outcome,
    ...points.map(({ point, reached, status, decidedBy, because }) => [
      `${point}: ${status ?? 'passes'} ${decidedBy ?? 'itself'}${reached ? '' : ', not reached'}`,
      because.some((line) => line.startsWith('Its Envoy cannot be told')),
    ]),
  ];
}

const SIDECAR = 'services/orders/sidecar';

test('a point that asks its decision service says so, and is still a point that decides', () => {
  expect(way('everyPoint', '/reports/by-region/n/1', ['staff'])).toEqual([
    'admitted',
    ['gateway: passes decisionService', true],
    [`${SIDECAR}: passes decisionService`, true],
  ]);
  expect(way('everyPoint', '/reports/by-region/n/1')).toEqual([
    'refused',
    ['gateway: 403 decisionService', true],
    [`${SIDECAR}: 403 decisionService, not reached`, true],
  ]);
});

test('what a gateway hands on reaches the sidecar, which refuses it', () => {
  expect(way('sidecar', '/reports/by-region/n/1')).toEqual([
    'refused',
    ['gateway: passes sidecar', true],
    [`${SIDECAR}: 403 decisionService`, true],
  ]);
  // What needs no rule no Envoy hands on.
  expect(way('sidecar', '/reports//1')).toEqual([
    'refused',
    ['gateway: 400 itself', false],
    [`${SIDECAR}: 400 itself, not reached`, false],
  ]);
});

test('on the other routes nobody else is asked', () => {
  expect(way('sidecar', '/plain')).toEqual([
    'refused',
    ['gateway: 403 itself', false],
    [`${SIDECAR}: passes itself, not reached`, false],
  ]);
});
