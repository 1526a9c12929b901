import type { Ability } from '../../../lib/policy/compile/abilities/ability.js';
import { type Abilities, ABILITIES } from '../../../lib/policy/compile/abilities/index.js';
import { type Gap, gapsOf } from '../../../lib/policy/compile/gap.js';
import type { AccessRule } from '../../../lib/policy/index.js';
import {
  allow,
  anyone,
  bound,
  has,
  mfa,
  NOW,
  office,
  policy,
  proven,
  service,
  user,
  workload,
} from '../fixture.js';

/** What is found to be a gap, where it matters, and what is left of the rule. */

const { authorizer, envoy } = ABILITIES;
const cannot: Ability = { how: 'refused', note: 'it is told so' };
const elsewhere: Ability = { how: 'elsewhere' };

function gaps(
  target: Abilities,
  rules: readonly AccessRule[],
  over: Parameters<typeof service>[2] = {},
): Gap[] {
  return gapsOf(target, policy([], { services: { orders: service('orders', rules, over) } }));
}

function without(
  part: 'operations' | 'principals' | 'conditions' | 'dated',
  ...features: readonly string[]
): Abilities {
  const refused = Object.fromEntries(features.map((feature) => [feature, cannot]));
  return { ...envoy, [part]: { ...envoy[part], ...refused } };
}

const operations = ['GET /a'] as const;

describe('the points that a gap matters at', () => {
  const target = without('conditions', 'multiFactor');
  const pointsOf = (principals: AccessRule['principals'], isPublic: boolean) =>
    gaps(target, [allow('rule', { operations, principals, conditions: [mfa] })], { public: isPublic }).map(
      ({ points }) => points,
    );

  test('a gateway knows public services, and no workloads', () => {
    expect(pointsOf([anyone], true)).toEqual([['gateway', 'sidecar']]);
    expect(pointsOf([user('people')], true)).toEqual([['gateway', 'sidecar']]);
    expect(pointsOf([workload('web'), anyone], true)).toEqual([['gateway', 'sidecar']]);
    expect(pointsOf([workload('web')], true)).toEqual([['sidecar']]);
    expect(pointsOf([anyone], false)).toEqual([['sidecar']]);
    expect(pointsOf([workload('web')], false)).toEqual([['sidecar']]);
  });

  test('what one kind of point cannot say is no gap at the other', () => {
    const rules = [allow('rule', { operations, conditions: [proven, bound] })];
    expect(gaps(envoy, rules)).toMatchObject([
      { feature: 'dpop', points: ['gateway'], rule: { id: 'rule' } },
    ]);
    expect(gaps(envoy, rules, { public: false })).toEqual([]);
    const web = [allow('rule', { operations, principals: [workload('web')], conditions: [proven] })];
    expect(gaps(envoy, web)).toEqual([]);
    const inner: Abilities = {
      ...envoy,
      conditions: { ...envoy.conditions, senderConstrained: { ...cannot, only: 'sidecar' } },
    };
    expect(gaps(inner, rules).map(({ feature, points }) => [feature, points])).toEqual([
      ['senderConstrained', ['sidecar']],
      ['dpop', ['gateway']],
    ]);
  });

  test('what of a rule comes to the target at all', () => {
    const rpc = ['rpc shop.Pay/Charge'] as const;
    const some = [allow('rule', { operations: rpc, principals: [workload('web'), anyone] })];
    expect(gaps(authorizer, some)).toMatchObject([{ feature: 'rpc', points: ['gateway'] }]);
    expect(gaps(authorizer, some, { public: false })).toEqual([]);
    const target = without('operations', 'rpc');
    const noWorkloads: Abilities = { ...target, principals: { ...target.principals, workload: elsewhere } };
    const web = [allow('rule', { operations: rpc, principals: [workload('web')] })];
    expect(gaps(target, web)).toHaveLength(1);
    expect(gaps(noWorkloads, web)).toEqual([]);
    expect(gaps(noWorkloads, some)).toHaveLength(1);
    // A workload that calls for a user is one of its own.
    const forUser = workload('web', { issuer: 'people', claims: [] });
    const both = [allow('rule', { operations: rpc, principals: [forUser] })];
    expect(gaps(noWorkloads, both)).toHaveLength(1);
    const noUsers: Abilities = {
      ...target,
      principals: { ...target.principals, 'workload with forUser': elsewhere },
    };
    expect(gaps(noUsers, both)).toEqual([]);
    expect(gaps(noUsers, web)).toHaveLength(1);
  });
});

describe('operations', () => {
  const all = [
    'GET /a',
    'GET /a/{x}',
    'GET /b/**',
    'POST /c/{x}/d/**',
    'rpc shop.Pay/Charge',
    'tcp',
  ] as const;
  const rules = [allow('rule', { operations: all })];
  const found = (...features: readonly string[]) =>
    gaps(without('operations', ...features), rules).map(({ feature, why, operations: wrong, coarse }) => [
      feature,
      why,
      wrong,
      coarse?.operations,
    ]);

  test('each feature has those that use it', () => {
    expect(found('rpc')).toEqual([['rpc', 'it is told so', [all[4]], [...all.slice(0, 4), 'tcp']]]);
    expect(found('tcp')).toEqual([['tcp', 'it is told so', ['tcp'], all.slice(0, 5)]]);
    expect(found('/**')).toEqual([
      ['/**', 'it is told so', [all[2], all[3]], [all[0], all[1], all[4], 'tcp']],
    ]);
    expect(found('literal path')).toEqual([]);
  });

  test('in place of a parameter is what is below, if that can be said', () => {
    expect(found('{name}')).toEqual([
      [
        '{name}',
        'it is told so',
        [all[1], all[3]],
        [all[0], 'GET /a/**', all[2], 'POST /c/**', all[4], 'tcp'],
      ],
    ]);
    expect(found('{name}', '/**')).toEqual([
      ['{name}', 'it is told so', [all[1], all[3]], [all[0], all[2], all[4], 'tcp']],
      ['/**', 'it is told so', [all[2], all[3]], [all[0], all[1], all[4], 'tcp']],
    ]);
  });

  test('of a rule that has no other nothing is left', () => {
    const [gap] = gaps(without('operations', 'rpc'), [allow('rule', { operations: [all[4]] })]);
    expect(gap).toMatchObject({ service: 'orders', feature: 'rpc' });
    expect(gap).not.toHaveProperty('coarse');
  });
});

describe('principals', () => {
  const forUser = workload('web', { issuer: 'people', claims: [has('groups', 'x')] });
  const all = [anyone, user('people'), workload('web'), forUser];
  const found = (principals: AccessRule['principals'], ...features: readonly string[]) =>
    gaps(without('principals', ...features), [allow('rule', { operations, principals })]).map(
      ({ feature, why, operations: wrong, coarse }) => [feature, why, wrong, coarse?.principals],
    );

  test('each feature has those that are of it, and the others stay', () => {
    const told = 'it is told so';
    expect(found(all, 'anyone')).toEqual([['anyone', told, operations, all.slice(1)]]);
    expect(found(all, 'token')).toEqual([['token', told, operations, [anyone, all[2], forUser]]]);
    expect(found(all, 'workload')).toEqual([['workload', told, operations, [anyone, all[1], forUser]]]);
    expect(found(all, 'workload with forUser')).toEqual([
      ['workload with forUser', told, operations, all.slice(0, 3)],
    ]);
  });

  test('of a rule that speaks of nobody else nothing is left, and none of it is in others', () => {
    expect(found([workload('web')], 'workload')).toEqual([
      ['workload', 'it is told so', operations, undefined],
    ]);
    expect(found([anyone], 'workload', 'token', 'workload with forUser')).toEqual([]);
    const [gap] = gaps(without('principals', 'anyone'), [allow('rule', { operations })]);
    expect(gap).not.toHaveProperty('coarse');
  });
});

test('a condition is dropped, and those beside it stay', () => {
  const rule = allow('rule', { operations, conditions: [mfa, office] });
  expect(gaps(without('conditions', 'sourceNetwork'), [rule])).toEqual([
    {
      service: 'orders',
      rule,
      points: ['gateway', 'sidecar'],
      feature: 'sourceNetwork',
      why: 'it is told so',
      operations,
      coarse: { ...rule, conditions: [mfa] },
    },
  ]);
  expect(gaps(without('conditions', 'claim', 'dpop'), [rule])).toEqual([]);
});

test('an audit is enforced at once where it has a date', () => {
  const rule = allow('rule', { operations, auditUntil: NOW });
  const plain = allow('rule', { operations });
  const target = without('dated', 'audit until');
  expect(gaps(target, [rule])).toEqual([
    {
      service: 'orders',
      rule,
      points: ['gateway', 'sidecar'],
      feature: 'audit until',
      why: 'it is told so',
      operations,
      coarse: plain,
    },
  ]);
  expect(gaps(target, [plain])).toEqual([]);
  expect(gaps(envoy, [rule])).toEqual([]);
});

test('an allow never ends where it has a date; a deny has none', () => {
  const rule = allow('rule', { operations, until: NOW });
  const target = without('dated', 'allow until');
  expect(gaps(target, [rule])).toEqual([
    {
      service: 'orders',
      rule,
      points: ['gateway', 'sidecar'],
      feature: 'allow until',
      why: 'it is told so',
      operations,
      coarse: allow('rule', { operations }),
    },
  ]);
  expect(gaps(target, [{ ...rule, effect: 'deny' }])).toEqual([]);
  expect(gaps(envoy, [rule])).toEqual([]);
  const both = { ...rule, auditUntil: NOW - 9 };
  expect(gaps(without('dated', 'audit until'), [both]).map(({ coarse }) => coarse)).toEqual([rule]);
});

test('nothing is said of what has no note', () => {
  const silent: Ability = { how: 'refused' };
  const target: Abilities = {
    ...envoy,
    dated: { ...envoy.dated, 'audit until': silent },
    conditions: { ...envoy.conditions, multiFactor: silent },
    outcomes: { ...envoy.outcomes, invalidToken: silent },
  };
  const rule = allow('rule', { operations, conditions: [mfa], auditUntil: NOW });
  const reasons = (one: AccessRule) => gaps(target, [one]).map(({ feature, why }) => [feature, why]);
  expect(reasons(rule)).toEqual([
    ['multiFactor', ''],
    ['audit until', ''],
  ]);
  expect(reasons(allow('open', { operations }))).toEqual([['invalidToken', '']]);
});

describe('a limit', () => {
  const measured: Abilities = {
    ...envoy,
    limits: [
      { what: 'whole', most: 0, unit: 'all', source: 'nowhere' },
      {
        what: 'part',
        most: 10,
        unit: 'letters',
        source: 'a page',
        measure: (_policy, name, part) =>
          name.length + part.operations.join('').length + part.principals.length - 1,
      },
    ],
  };

  test('is of one operation and one principal, and names the largest', () => {
    const all = ['GET /', 'GET /333', 'GET /1', 'GET /22'] as const;
    const rule = allow('rule', { operations: all, principals: [anyone, user('people')] });
    // `orders` and the text of an operation.
    expect(gaps(measured, [rule])).toEqual([
      {
        service: 'orders',
        rule,
        points: ['gateway', 'sidecar'],
        feature: 'part',
        why: 'GET /, GET /333, GET /1, GET /22 takes 14 letters, and a part at most 10 (a page)',
        operations: all,
      },
    ]);
  });

  test('leaves what is within', () => {
    const wide = { ...measured, limits: measured.limits.map((limit) => ({ ...limit, most: 12 })) };
    const rule = allow('rule', { operations: ['GET /333', 'GET /1', 'GET /4444'] });
    expect(gaps(wide, [rule])).toMatchObject([
      {
        why: 'GET /333, GET /4444 takes 15 letters, and a part at most 12 (a page)',
        operations: ['GET /333', 'GET /4444'],
        coarse: { ...rule, operations: ['GET /1'] },
      },
    ]);
    expect(gaps(wide, [allow('rule', { operations: ['GET /1'] })])).toEqual([]);
  });
});
