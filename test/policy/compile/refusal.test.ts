import shop from '../../../examples/shop/model.js';
import { formatDiagnostic } from '../../../lib/diagnostic.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { type Abilities, ABILITIES } from '../../../lib/policy/compile/abilities/index.js';
import { refusalDiagnostic, refusals } from '../../../lib/policy/compile/refusal.js';
import {
  type AccessRule,
  decide,
  indexPolicy,
  type Policy,
  type PolicyCondition,
} from '../../../lib/policy/index.js';
import {
  allow,
  anyone,
  bound,
  claim,
  deny,
  device,
  has,
  issuer,
  mfa,
  NOW,
  office,
  PARTNERS,
  PEOPLE,
  policy,
  service,
  signedIn,
  user,
  workload,
} from '../fixture.js';

const { authorizer, envoy, cedar } = ABILITIES;

/** The refusals of rules of `orders`, each with a counterexample that the reference agrees with. */
function refused(target: Abilities, rules: readonly AccessRule[], over: Parameters<typeof service>[2] = {}) {
  const whole = policy([], { services: { orders: service('orders', rules, over) } });
  const found = refusals(target, whole, { now: NOW });
  for (const { counterexample } of found) {
    expect(counterexample?.reference).toBe(decide(indexPolicy(whole), counterexample!.request).outcome);
    expect(counterexample?.point).not.toBe(counterexample?.reference);
  }
  return found;
}

/** A target that is as able as Envoy but for one condition. */
function without(kind: PolicyCondition['kind']): Abilities {
  return { ...envoy, conditions: { ...envoy.conditions, [kind]: { how: 'refused', note: 'it is told so' } } };
}

test('the shop is exact wherever it is compiled to, but for what Istio and Envoy Gateway leave to a decision service', () => {
  const plan = resolve(shop, { now: new Date('2026-11-23T12:00:00Z') });
  const { istio, 'istio-ambient': waypoint, 'envoy-gateway': gateway, ...exact } = ABILITIES;
  for (const target of Object.values(exact)) expect(refusals(target, plan.policy)).toEqual([]);
  for (const target of [waypoint, gateway]) expect(refusals(target, plan.policy)).not.toEqual([]);
  const found = refusals(istio, plan.policy);
  // Who needs no token may bring a good one, and Istio cannot tell.
  expect(found.find(({ rule }) => rule.id === 'web-sees-order')).toMatchObject({
    feature: 'invalidToken',
    counterexample: {
      reference: 'allow',
      point: 'invalidToken',
      request: { path: '/orders/x', credential: { kind: 'jwt' } },
    },
  });
});

test('gRPC cannot pass API Gateway: the reference admits what would never arrive', () => {
  const [found, ...others] = refused(
    authorizer,
    [
      allow('charge', {
        principals: [user('people', has('groups', 'x'))],
        operations: ['rpc shop.Pay/Charge'],
      }),
    ],
    { protocol: 'grpc' },
  );
  expect(others).toEqual([]);
  expect(found).toMatchObject({ target: 'authorizer', service: 'orders', feature: 'rpc' });
  expect(found?.counterexample).toMatchObject({
    reference: 'allow',
    point: 'forbidden',
    request: { method: 'POST', path: '/shop.Pay/Charge', point: { kind: 'gateway' } },
  });
  expect(formatDiagnostic(refusalDiagnostic(found!, 'access[0]'))).toBe(
    [
      'error not-expressible at access[0]: the rule charge cannot be said exactly at authorizer (rpc: API Gateway calls its integrations by HTTP/1.1 and drops trailers, which gRPC needs); it would be left out there',
      `  found:    POST /shop.Pay/Charge at the gateway from 203.0.113.7, with a good token {"iss":"https://people.test","sub":"somebody","aud":"https://orders.shop.test","exp":${NOW + 300},"groups":["x"]}, at 2030-03-17T17:46:40.000Z: the reference says allow, authorizer would say forbidden`,
      '  expected: the outcome of the reference at every point',
      '  do:       speak HTTP where clients come, and let that service call orders; or give orders no `host` there, so that workloads alone call it; or write the rule without it',
    ].join('\n'),
  );
});

test('what never comes to the authorizer needs no saying there', () => {
  const operations = ['rpc shop.Pay/Charge'] as const;
  expect(refused(authorizer, [allow('web', { principals: [workload('web')], operations })])).toEqual([]);
  expect(refused(authorizer, [allow('all', { operations })], { public: false })).toEqual([]);
  expect(refused(authorizer, [allow('all', { operations })])).toHaveLength(1);
});

test('a path that Envoy would refuse to load is refused here, with what would be open without it', () => {
  const long = 'a'.repeat(992);
  const rules = [
    allow('open', { operations: ['GET /**'] }),
    deny('closed', { operations: [`GET /${long}/{x}`, 'GET /b'] }),
  ];
  const [found] = refused(envoy, rules);
  expect(found).toMatchObject({ feature: 'path with `{name}`', service: 'orders' });
  // The part of the rule that can be said stays.
  expect(found?.coarse?.operations).toEqual(['GET /b']);
  expect(found?.counterexample).toMatchObject({
    reference: 'forbidden',
    point: 'allow',
    request: { path: `/${long}/x` },
  });
  expect(refused(envoy, [allow('fits', { operations: [`GET /${long.slice(1)}/{x}`] })])).toEqual([]);
  expect(refused(envoy, [allow('text', { operations: [`GET /${long}${long}`] })])).toEqual([]);
});

test('a rule beyond the largest policy of Verified Permissions is refused, with whom it would lock out', () => {
  const claims = Array.from({ length: 200 }, (_, at) => has(`claim-${at}`, 'x'.repeat(40)));
  const [found] = refused(cedar, [
    allow('huge', { principals: [user('people', ...claims)], operations: ['GET /orders'] }),
  ]);
  expect(found).toMatchObject({ target: 'cedar', feature: 'policy' });
  expect(found?.coarse).toBeUndefined();
  expect(found?.counterexample).toMatchObject({ reference: 'allow' });
});

test.each([mfa, device, bound, office, signedIn(900), claim(has('groups', 'x'))])(
  'a point without a condition would let in who does not meet it, or lock out who does: %j',
  (condition) => {
    const conditions = [condition];
    const [looser] = refused(without(condition.kind), [
      allow('rule', { principals: [user('people')], operations: ['GET /orders/{id}'], conditions }),
    ]);
    expect(looser?.counterexample).toMatchObject({ point: 'allow' });
    expect(looser?.counterexample?.reference).not.toBe('allow');
    const [stricter] = refused(without(condition.kind), [
      allow('open', { operations: ['GET /orders/{id}'] }),
      deny('rule', { operations: ['GET /orders/{id}'], conditions }),
    ]);
    expect(stricter?.counterexample).toMatchObject({ reference: 'allow', point: 'forbidden' });
    expect(refusalDiagnostic(looser!, 'access[0]').remedy).toContain(`drop ${condition.kind} by an opt-out`);
  },
);

test('a point without parameters would open the neighbours', () => {
  const target: Abilities = {
    ...envoy,
    operations: { ...envoy.operations, '{name}': { how: 'refused', note: 'it matches text' } },
  };
  const [found] = refused(target, [allow('rule', { operations: ['GET /a/{x}/b', 'GET /c'] })]);
  expect(found?.coarse?.operations).toEqual(['GET /a/**', 'GET /c']);
  expect(found?.counterexample).toMatchObject({ reference: 'forbidden', point: 'allow' });
});

test('a point that cannot tell callers apart, and one that has no clock', () => {
  const nobody: Abilities = {
    ...envoy,
    principals: { ...envoy.principals, workload: { how: 'refused', note: 'it sees no peers' } },
  };
  const [locked] = refused(nobody, [
    allow('rule', { principals: [workload('web'), anyone], operations: ['GET /a'] }),
  ]);
  expect(locked?.counterexample).toMatchObject({
    reference: 'allow',
    request: { point: { kind: 'sidecar' } },
  });
  const timeless: Abilities = {
    ...envoy,
    dated: { ...envoy.dated, 'audit until': { how: 'refused', note: 'it has no clock' } },
  };
  const [early] = refused(timeless, [allow('rule', { operations: ['GET /a'], auditUntil: NOW + 60 })]);
  expect(early?.counterexample).toMatchObject({ reference: 'forbidden', point: 'allow' });
  expect(early?.counterexample?.request.now).toBe(NOW + 59);
});

test('a rule that no request can tell from another is refused even so', () => {
  const rules = [
    allow('all', { operations: ['GET /**'] }),
    allow('some', { operations: ['GET /a/{x}'], conditions: [office] }),
  ];
  const [found] = refusals(without('sourceNetwork'), policy(rules), { now: NOW });
  expect(found?.counterexample).toBeUndefined();
  expect(refusalDiagnostic(found!, 'access[1]')).toMatchObject({
    severity: 'error',
    found: 'no request that shows it, among those near the rule',
  });
});

test('the same policy is refused in the same words', () => {
  const rules = [allow('rule', { operations: ['GET /a'], conditions: [office] })];
  const said = () =>
    refusals(without('sourceNetwork'), policy(rules)).map((one) => refusalDiagnostic(one, 'access[0]'));
  expect(said()).toEqual(said());
});

describe('the request that is shown', () => {
  /** An Envoy that could not tell tokens, and one that could not tell addresses. */
  const tokenless: Abilities = {
    ...envoy,
    points: ['gateway'],
    principals: { ...envoy.principals, token: { how: 'refused', note: 'it is told so' } },
  };
  const shown = (target: Abilities, rules: readonly AccessRule[], over: Partial<Policy> = {}) => {
    const whole = policy([], { services: { orders: service('orders', rules) }, ...over });
    const [found] = refusals(target, whole, { now: NOW });
    return [found?.counterexample?.reference, found?.counterexample?.point];
  };

  test('is one that either side admits, although refusals differ before', () => {
    const principals = [workload('web'), user('people')];
    expect(shown(tokenless, [allow('a', { operations: ['GET /a'], principals })])).toEqual([
      'allow',
      'forbidden',
    ]);
    // Of partners no second factor is known, so their refusals differ, and nobody of them is admitted.
    const { multiFactor: _, ...partners } = issuer(PARTNERS);
    const issuers = { people: issuer(PEOPLE), partners };
    const conditions = [office, mfa];
    const rule = allow('a', {
      operations: ['GET /a'],
      principals: [user('partners'), user('people')],
      conditions,
    });
    expect(shown(without('sourceNetwork'), [rule], { issuers })).toEqual(['forbidden', 'allow']);
    // Where nobody is admitted at all, what differs is which refusal it is.
    const alone = { ...rule, principals: [user('partners')] };
    expect(shown(without('sourceNetwork'), [alone], { issuers })).toEqual(['forbidden', 'stepUp']);
  });

  test('is looked for among 8,000', () => {
    // Three paths each and the root: 2,002 requests for the workload three times, with the address, without, and
    // without anything; then the user's: of those the 1,994th is the first of operation 664.
    const operations = Array.from({ length: 667 }, (_, at) => `GET /${at}` as const);
    const rules = (open: number) => [
      allow('a', { operations, principals: [workload('web'), user('people')], conditions: [office] }),
      deny('d', { operations: operations.toSpliced(open, 1) }),
    ];
    expect(shown(tokenless, rules(664))).toEqual(['allow', 'forbidden']);
    expect(shown(tokenless, rules(665))).toEqual(['tokenRequired', 'forbidden']);
  });
});
