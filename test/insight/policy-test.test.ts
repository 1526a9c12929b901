import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import shop from '../../examples/shop/model.js';
import {
  assertPolicy,
  parsePolicyTests,
  type PolicyTest,
  resolve,
  runPolicyTests,
  ZeroTrustError,
} from '../../lib/index.js';

const at = '2026-11-23T12:00:00Z';
const plan = resolve(shop, { now: new Date(at) });
const file = readFileSync(join(__dirname, '../../examples/shop/policy.test.yaml'), 'utf8');
const suite = parsePolicyTests(parse(file));

test.each(suite.tests.map((one) => [one.name, one] as const))('the shop: %s', (_, one) => {
  assertPolicy(plan, { at, ...one });
});

test('the shop’s tests meet every rule, and every condition with and without it', () => {
  const { passed, coverage } = runPolicyTests(plan, suite);
  expect(passed).toBe(true);
  expect(coverage.missing).toEqual([]);
  expect(coverage.rules.met).toBe(coverage.rules.all);
});

const order: PolicyTest = {
  request: 'GET https://orders.shop.example/orders/17',
  who: 'user:people',
  expect: 'allow',
};
const only = (one: PolicyTest) => runPolicyTests(plan, { at, tests: [one] }).results[0]!;

test.each<[string, Partial<PolicyTest>]>([
  ['another outcome', { expect: 'forbidden' }],
  ['another rule', { rule: 'list-orders' }],
  ['no rule', { rule: 'none' }],
  ['a rule in audit that says nothing', { wouldRefuse: 'daily-with-two-factors' }],
  ['somebody else', { who: 'user:partners' }],
  ['no token', { who: { token: {} } }],
  ['a workload that no rule names', { peer: 'payments' }],
])('a test that expects %s fails', (_, over) => {
  expect(only(order).passed).toBe(true);
  const result = only({ ...order, ...over });
  expect([result.passed, result.fault]).toEqual([false, undefined]);
  expect(() => assertPolicy(plan, { at, ...order, ...over })).toThrow(/expected: .*\n {2}decided: {2}/);
});

test.each<[string, Partial<PolicyTest>, string]>([
  ['provider', { who: 'user:nobody' }, 'unknown-provider'],
  ['pipeline', { who: { pipeline: 'nothing' } }, 'unknown-pipeline'],
  ['service', { peer: 'nowhere' }, 'unknown-service'],
  ['rule', { expect: 'forbidden', rule: 'see-ordr' }, 'unknown-rule'],
])('a %s that the model does not have is a fault of the test, whatever it expects', (_, over, code) => {
  const result = only({ ...order, ...over });
  expect([result.passed, result.fault?.code]).toEqual([false, code]);
  expect(() => assertPolicy(plan, { ...order, ...over })).toThrow(ZeroTrustError);
});

test('coverage names the rule that no test decided, and the side of a condition that none met', () => {
  const { coverage } = runPolicyTests(plan, {
    ...suite,
    tests: suite.tests.filter(({ rule }) => rule !== 'refund'),
  });
  expect(coverage.missing).toContain('refund: never decided');
  const strong = suite.tests.filter(({ expect: outcome }) => outcome !== 'stepUp');
  expect(runPolicyTests(plan, { ...suite, tests: strong }).coverage.missing).toEqual([
    'refund: never without a sign-in with more than one factor',
    'refund: never without a sign-in at most 15 minutes ago',
  ]);
});

test('a token by its claims is judged as it stands', () => {
  const now = Date.parse(at) / 1000;
  const claims = { iss: 'https://login.shop.example', aud: 'https://orders.shop.example', exp: now + 60 };
  expect(only({ ...order, who: { token: claims } }).passed).toBe(true);
  expect(only({ ...order, who: { token: { ...claims, exp: now - 60 } } }).decided).toBe('invalidToken');
});

test.each([
  ['no list', {}, 'tests'],
  ['an unknown key', { tests: [{ ...order, expct: 'allow' }] }, 'tests[0].expct'],
  ['an unknown outcome', { tests: [{ ...order, expect: 'denied' }] }, 'tests[0].expect'],
  ['a request without a URL', { tests: [{ ...order, request: 'GET /orders' }] }, 'tests[0].request'],
  [
    'a user with an unknown key',
    { tests: [{ ...order, who: { user: 'people', group: 'a' } }] },
    'tests[0].who.group',
  ],
  [
    'a duration without a unit',
    { tests: [{ ...order, who: { user: 'people', signedIn: '5' } }] },
    'tests[0].who.signedIn',
  ],
  ['an address that is none', { tests: [{ ...order, from: 'here' }] }, 'tests[0].from'],
  ['a time that is none', { tests: [{ ...order, at: 'soon' }] }, 'tests[0].at'],
])('%s is refused, by the path of the element', (_, input, path) => {
  try {
    parsePolicyTests(input);
    throw new Error('it was taken');
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    expect(error.diagnostics.map((found) => found.path)).toEqual([path]);
  }
});
