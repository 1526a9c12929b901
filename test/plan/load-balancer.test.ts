import { decisionData } from '../../lambda/authorizer/data.js';
import { planSummary } from '../../cli/plan-summary.js';
import { explain } from '../../lib/insight/explain.js';
import {
  allow,
  defineZeroTrust,
  deny,
  http,
  oidc,
  senderConstrained,
  sourceNetwork,
  user,
} from '../../lib/model/index.js';
import { resolve, tryResolve } from '../../lib/plan/resolve.js';

const people = user({ issuer: 'people' });
const office = sourceNetwork('198.51.100.0/24');
const model = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'test',
  identity: {
    providers: {
      people: oidc({ issuer: 'https://people.example', jwksUri: 'https://people.example/jwks' }),
    },
  },
  services: {
    orders: http({ host: 'orders.example', edge: 'loadBalancer', decisionService: 'sidecar' }),
    web: http({ host: 'web.example' }),
  },
  access: [
    allow(people).to('orders', 'GET /').when(office).named('near'),
    allow(people).to('web', 'GET /').when(office).named('far'),
  ],
});
const pointsOf = (plan: ReturnType<typeof resolve>, service: string) =>
  plan.ways[service]![0]!.points.map(({ point }) => point);

test('on AWS no authorizer stands on the way by a load balancer, and the plan says so', () => {
  const plan = resolve(model, { engine: 'aws' });
  expect(plan.services['orders']!.edge).toBe('loadBalancer');
  expect(plan.services['web']).not.toHaveProperty('edge');
  expect(pointsOf(plan, 'orders')).toEqual(['gateway', 'services/orders/sidecar']);
  expect(pointsOf(plan, 'web')).toEqual(['authorizer', 'gateway', 'services/web/sidecar']);
  expect(plan.proofCheckedAt).toEqual({ near: 'gateway', far: 'authorizer' });
  expect(planSummary(plan)).toContain('clients come by a load balancer, past the authorizer');
});

test('the address of a client is judged at the gateway, where it would else count as judged', () => {
  const plan = resolve(model, { engine: 'aws' });
  const from = (sourceAddress: string) =>
    explain(plan, {
      method: 'GET',
      path: '/',
      authority: 'orders.example',
      sourceAddress,
      headers: [],
      now: 1_800_000_000,
      credential: {
        kind: 'jwt',
        header: { alg: 'RS256' },
        claims: { iss: 'https://people.example', aud: 'https://orders.example', exp: 1_800_000_300 },
        bytes: 900,
        signature: 'valid',
      },
    }).points.map(({ point, decision }) => `${point}: ${decision.outcome}`);
  expect(from('198.51.100.7')).toEqual(['gateway: allow', 'services/orders/sidecar: allow']);
  expect(from('203.0.113.7')[0]).toBe('gateway: forbidden');
});

test.each(['local', 'kubernetes'] as const)('%s has one way in, and says nothing of it', (engine) => {
  const { services } = model;
  const withoutDecisions = { ...model, services: { ...services, orders: { ...services.orders } } };
  delete (withoutDecisions.services.orders as { decisionService?: string }).decisionService;
  const plan = resolve(withoutDecisions, { engine });
  expect(plan.services['orders']).not.toHaveProperty('edge');
  expect(pointsOf(plan, 'orders')[0]).toBe('gateway');
});

test('what a proof is made with nobody sees there, so no rule of the model asks for one', () => {
  const codes = (access: NonNullable<typeof model.access>) =>
    tryResolve({ ...model, access: [...model.access!, ...access] }, { engine: 'aws' })
      .diagnostics.filter(({ severity }) => severity === 'error')
      .map(({ code, path }) => `${code} ${path}`);
  expect(codes([deny(people).to('orders', 'GET /').unless(senderConstrained('certificate'))])).toEqual([
    'load-balancer-proof access[2].unless[0]',
  ]);
  expect(codes([allow(people).to('web', 'GET /a').when(senderConstrained('dpop'))])).toEqual([
    'proof-not-judged services.orders',
  ]);
});

test('no decision service beside the gateway takes what it is asked for judged', () => {
  const everywhere = {
    ...model,
    services: {
      ...model.services,
      orders: http({ host: 'orders.example', edge: 'loadBalancer', decisionService: 'everyPoint' }),
    },
  };
  const { plan, diagnostics } = tryResolve(everywhere, { engine: 'aws' });
  expect([plan, diagnostics.map(({ code }) => code)]).toEqual([undefined, ['load-balancer-service']]);
  expect(() => decisionData(resolve(model, { engine: 'aws' }), 'gateway')).toThrow(RangeError);
  expect(tryResolve(everywhere, { engine: 'local' }).plan).toBeDefined();
});
