import { type Abilities, ABILITIES } from '../../../lib/policy/compile/abilities/index.js';
import {
  choices,
  type Refusal,
  refusalDiagnostic,
  refusals,
  requestLine,
} from '../../../lib/policy/compile/refusal.js';
import type { AccessRule } from '../../../lib/policy/index.js';
import {
  allow,
  atSidecar,
  deny,
  GATEWAY,
  has,
  issuer,
  mfa,
  NOW,
  office,
  PEOPLE,
  policy,
  proven,
  request,
  service,
  token,
  user,
  workload,
} from '../fixture.js';

/** What a user is told of a rule that a target cannot say. */

const { authorizer, envoy } = ABILITIES;
const cannot = { how: 'refused', note: 'it is told so' } as const;
const noOffice: Abilities = { ...envoy, conditions: { ...envoy.conditions, sourceNetwork: cannot } };
const noNames: Abilities = { ...envoy, operations: { ...envoy.operations, '{name}': cannot } };
const operations = ['GET /a'] as const;

function refused(target: Abilities, rules: readonly AccessRule[], over: Parameters<typeof service>[2] = {}) {
  const whole = policy([], { services: { orders: service('orders', rules, over) }, dpop: true });
  const found = refusals(target, whole, { now: NOW });
  expect(found).toHaveLength(1);
  return found[0]!;
}

const DELEGATE = "delegate orders to the decision service (`decisionService: 'everyPoint'` of the service)";
const TO_SIDECAR =
  "move the rule to the sidecar, which every path to orders crosses (`decisionService: 'sidecar'`)";
const WITHOUT = 'write the rule without it';
const optOut = (feature: string, at: string) =>
  `drop ${feature} by an opt-out from not-expressible at ${at} with a reason and an end, which the report shows`;

describe('what can be done', () => {
  test('of a condition, by its place in the rule', () => {
    const allowed = refused(noOffice, [allow('rule', { operations, conditions: [mfa, office] })]);
    expect(choices(allowed)).toEqual([DELEGATE, TO_SIDECAR, optOut('sourceNetwork', 'access.when[1]')]);
    const denied = refused(noOffice, [
      allow('open', { operations }),
      deny('rule', { operations, conditions: [office] }),
    ]);
    expect(choices(denied, 'access[1]')).toEqual([
      DELEGATE,
      TO_SIDECAR,
      optOut('sourceNetwork', 'access[1].unless[0]'),
    ]);
  });

  test('where one kind of point alone cannot say it', () => {
    const inner = refused(noOffice, [allow('rule', { operations, conditions: [office] })], { public: false });
    expect(choices(inner)).toEqual([DELEGATE, optOut('sourceNetwork', 'access.when[0]')]);
    const outer = refused(envoy, [allow('rule', { operations, conditions: [proven] })]);
    expect(outer.points).toEqual(['gateway']);
    expect(choices(outer)).toEqual([DELEGATE, optOut('dpop', 'access.when[0]')]);
  });

  test('of anything else no opt-out', () => {
    const wide = refused(noNames, [allow('rule', { operations: ['GET /a/{x}'], conditions: [mfa] })]);
    expect(wide.coarse).toBeDefined();
    expect(choices(wide)).toEqual([DELEGATE, TO_SIDECAR, WITHOUT]);
    const rpc = refused(authorizer, [allow('rule', { operations: ['rpc shop.Pay/Charge'] })]);
    expect(choices(rpc)).toEqual([
      'speak HTTP where clients come, and let that service call orders',
      'give orders no `host` there, so that workloads alone call it',
      WITHOUT,
    ]);
    const cedar = { ...authorizer, target: 'cedar' } as const;
    expect(choices(refused(cedar, [allow('rule', { operations: ['rpc shop.Pay/Charge'] })]))).toEqual([
      'delegate orders to the decision service',
      'move the rule to a point other than cedar that every path to orders crosses',
      WITHOUT,
    ]);
  });

  test('in a mesh and at its ingress', () => {
    const naming = ['name the decision service of the mesh (`decisionService` of the options)'];
    const leaving = [WITHOUT, 'leave the service out of the mesh'];
    const sidecars = ["have sidecars (`mode: 'sidecar'` of the options)"];
    const request = refused(noOffice, [allow('rule', { operations, conditions: [office] })]);
    const connection = { ...request, feature: 'tcp', rule: allow('rule', { operations: ['tcp'] }) };
    const of = (target: Refusal['target']) => [
      choices({ ...request, target }),
      choices({ ...connection, target }),
    ];
    expect(of('istio')).toEqual([naming, leaving]);
    expect(of('envoy-gateway')).toEqual([naming, leaving]);
    expect(of('istio-ambient')).toEqual([naming, sidecars]);
  });

  test('is in the diagnostic, with what would be instead', () => {
    const one = refused(noOffice, [allow('rule', { operations, conditions: [office] })]);
    expect(refusalDiagnostic(one, 'access[3]')).toEqual({
      code: 'not-expressible',
      severity: 'error',
      path: 'access[3]',
      message:
        'the rule rule cannot be said exactly at envoy (sourceNetwork: it is told so); it would say something else there',
      found: `${requestLine(one.counterexample!.request)}: the reference says forbidden, envoy would say allow`,
      expected: 'the outcome of the reference at every point',
      remedy: choices(one, 'access[3]').join('; or '),
    });
  });
});

describe('the counterexample', () => {
  test('is one that somebody passes by, if there is any', () => {
    // Without a token it is told by the challenge alone.
    const one = refused(noOffice, [
      allow('way', { operations, principals: [user('people', has('groups', 'x'))], conditions: [mfa] }),
      deny('rule', { operations, conditions: [office] }),
    ]);
    expect(one.counterexample).toMatchObject({ reference: 'allow', point: 'forbidden' });
  });

  test('is one that refuses otherwise, if there is no such', () => {
    // Nobody of an issuer that shows no second factor comes in, but some are told how they could.
    const { multiFactor: _, ...people } = issuer(PEOPLE);
    const rule = allow('rule', {
      operations: ['rpc shop.Pay/Charge'],
      principals: [user('people')],
      conditions: [mfa],
    });
    const whole = policy([rule], { issuers: { people } });
    const [one] = refusals(authorizer, whole, { now: NOW });
    expect(one?.counterexample).toMatchObject({ reference: 'stepUp', point: 'forbidden' });
  });

  test('of a rule in audit is at its instant, and before it where that is the difference', () => {
    const at = (auditUntil: number) =>
      refused(noOffice, [allow('rule', { operations, conditions: [office], auditUntil })]).counterexample
        ?.request.now;
    expect(at(NOW + 60)).toBe(NOW + 60);
    expect(at(NOW - 60)).toBe(NOW);
    const timeless: Abilities = { ...envoy, dated: { ...envoy.dated, 'audit until': cannot } };
    const early = refused(timeless, [allow('rule', { operations, auditUntil: NOW + 60 })]);
    expect(early.counterexample).toMatchObject({ point: 'allow', request: { now: NOW + 59 } });
  });

  test('of a rule with an end is before it, and at it where that is the difference', () => {
    const at = (until: number) =>
      refused(noOffice, [allow('rule', { operations, conditions: [office], until })]).counterexample?.request
        .now;
    expect(at(NOW + 60)).toBe(NOW);
    expect(at(NOW - 60)).toBe(NOW - 61);
    const endless: Abilities = { ...envoy, dated: { ...envoy.dated, 'allow until': cannot } };
    const { counterexample } = refused(endless, [allow('rule', { operations, until: NOW + 60 })]);
    expect(counterexample).toMatchObject({
      reference: 'forbidden',
      point: 'allow',
      request: { now: NOW + 60 },
    });
  });
});

test('a request in a line', () => {
  expect(requestLine(request({ path: '/a?q' }))).toBe(
    'GET /a?q at the gateway from 203.0.113.7, without a token, at 2030-03-17T17:46:40.000Z',
  );
  expect(requestLine(atSidecar(GATEWAY, { credential: token({ tier: 'x' }) }))).toBe(
    `GET /orders at the sidecar of orders from ${GATEWAY} at 127.0.0.9, with a good token ` +
      `{"iss":"https://people.test","aud":"https://orders.shop.test","sub":"alice","exp":${NOW + 300},"tier":"x"}` +
      ', at 2030-03-17T17:46:40.000Z',
  );
});

test('in a mesh of Istio the decision service of the mesh is named, but not for connections', () => {
  const { istio } = ABILITIES;
  const [people] = refusals(istio, policy([allow('a', { operations, principals: [user('people')] })]));
  expect(choices(people!)[0]).toBe(
    'name the decision service of the mesh (`decisionService` of the options)',
  );
  const ledger = service(
    'ledger',
    [allow('c', { operations: ['tcp'], principals: [workload('web')], auditUntil: NOW })],
    {
      protocol: 'tcp',
      public: false,
    },
  );
  const [tcp] = refusals(istio, policy([], { services: { ledger } }));
  expect([tcp?.feature, choices(tcp!)[0]]).toEqual(['audit until', 'write the rule without it']);
});

test('where a target reads no token it needs no rule but an allow that asks for none, of a service that takes some', () => {
  const { istio } = ABILITIES;
  const features = (rule: AccessRule, audiences: Readonly<Record<string, string[]>>) => {
    const whole = policy([], { services: { orders: service('orders', [rule], { audiences }) } });
    return refusals(istio, whole).map(({ feature }) => feature);
  };
  const open = allow('a', { operations });
  expect(features(open, { people: ['x'], partners: [] })).toEqual(['invalidToken']);
  expect(features(open, { people: [], partners: [] })).toEqual([]);
  expect(features(deny('d', { operations }), { people: ['x'] })).toEqual([]);
});
