import fc from 'fast-check';
import type { Revocation } from '../../../lib/policy/revocation.js';
import { operations } from '../../../lib/policy/compile/istio/path.js';
import { compileIstio, speaksWithoutToken } from '../../../lib/policy/compile/istio/index.js';
import type { AccessRule } from '../../../lib/policy/index.js';
import { operationOf, segmentsOf } from '../../../lib/policy/operation.js';
import { matchesPath } from '../../kubernetes/istio-reader.js';
import { allow, anyone, mfa, policy, service, user, workload, deny, office } from '../fixture.js';

const segment = fc.constantFrom('a', 'b', '{x}', '{y}', '~t', '..a');
const template = fc
  .uniqueArray(segment, { maxLength: 4 })
  .chain((list) => fc.boolean().map((rest) => `/${[...list, ...(rest ? ['**'] : [])].join('/')}`));
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', '~t', '..a', '*', '{*}', '%C3%A9', 'a:b'), { maxLength: 5 })
  .map((list) => `/${list.join('/')}`);

test('paths in Istio’s syntax match what the template covers, and nothing else that is canonical', () => {
  fc.assert(
    fc.property(template, path, (written, asked) => {
      const { segments, rest } = operationOf(`GET ${written}`);
      const given = segmentsOf(asked);
      const covers =
        (rest ? given.length >= segments.length : given.length === segments.length) &&
        segments.every((one, at) => one === undefined || one === given[at]);
      const [{ paths = [] }] = operations([`GET ${written}`]) as [{ paths?: string[] }];
      expect(paths.some((one) => matchesPath(one, asked))).toBe(covers);
      for (const one of paths) expect(one).toMatch(/^\//);
    }),
    { numRuns: 2000 },
  );
});

test('paths of one method stand together, in one order', () => {
  expect(operations(['GET /b', 'POST /a', 'GET /a'])).toEqual([
    { methods: ['GET'], paths: ['/a', '/b'] },
    { methods: ['POST'], paths: ['/a'] },
  ]);
});

function compiled(...rules: Parameters<typeof service>[1]) {
  const whole = policy([], { services: { orders: service('orders', rules) } });
  return compileIstio(whole, 'orders', { port: 8080, asksDecisions: true });
}

test('principals carry the trust domain, and nothing names a service account or a namespace', () => {
  const all = compiled(
    allow('a', { principals: [anyone, workload('web')], operations: ['GET /a'] }),
    deny('b', { principals: [workload('web')], operations: ['GET /a'] }),
    deny('c', { principals: [anyone], operations: ['GET /a'], conditions: [office] }),
  );
  const sources = [...all.allow, ...all.deny].flatMap(({ from = [] }) => from.map(({ source }) => source));
  expect(sources.length).toBeGreaterThan(2);
  for (const source of sources) {
    for (const [field, values] of Object.entries(source)) {
      expect(field).toMatch(/^(?:principals|notPrincipals)$/);
      for (const value of values as string[])
        expect(value).toMatch(/^local\.dev\.shop\.test\/ns\/default\/sa\/[a-z]+$/);
    }
  }
});

test('only what asks for a token or has a date is left by its paths; with a token everything is', () => {
  const { custom } = compiled(
    allow('plain', { principals: [workload('web')], operations: ['GET /plain'] }),
    allow('token', { principals: [user('people')], operations: ['GET /token'] }),
    allow('strong', { principals: [user('people')], operations: ['GET /strong'], conditions: [mfa] }),
    allow('dated', { principals: [workload('web')], operations: ['GET /dated'], auditUntil: 1 }),
    allow('ends', { principals: [workload('web')], operations: ['GET /ends'], until: 1 }),
  );
  expect(custom).toEqual([
    {
      to: [{ operation: { ports: ['8080'] } }],
      when: [{ key: 'request.headers[authorization]', values: ['*'] }],
    },
    {
      to: [
        { operation: { methods: ['GET'], paths: ['/dated', '/ends', '/strong', '/token'], ports: ['8080'] } },
      ],
    },
  ]);
});

test('whether a rule can admit or refuse who carries no token; only then its date is asked about', () => {
  const carrying = workload('web', { issuer: 'people', claims: [] });
  const rules: [AccessRule, boolean][] = [
    [allow('a', { operations: ['GET /a'] }), true],
    [allow('a', { operations: ['GET /a'], conditions: [office] }), true],
    [allow('a', { operations: ['GET /a'], conditions: [office, mfa] }), false],
    [allow('a', { operations: ['GET /a'], principals: [workload('web')] }), true],
    [allow('a', { operations: ['GET /a'], principals: [carrying] }), false],
    [allow('a', { operations: ['GET /a'], principals: [user('people')] }), false],
    [allow('a', { operations: ['GET /a'], principals: [user('people'), anyone] }), true],
    [deny('a', { operations: ['GET /a'], conditions: [mfa] }), true],
    [deny('a', { operations: ['GET /a'], principals: [carrying] }), true],
    [deny('a', { operations: ['GET /a'], principals: [user('people')] }), false],
  ];
  for (const [rule, speaks] of rules) {
    expect([rule, speaksWithoutToken(rule)]).toEqual([rule, speaks]);
    // No deny asks for a token.
    if (rule.effect === 'allow') continue;
    expect(compiled(rule).deny).toHaveLength(speaks ? 1 : 0);
    expect(compiled(rule).custom).toHaveLength(1);
    expect(compiled({ ...rule, auditUntil: 1 }).custom).toHaveLength(speaks ? 2 : 1);
  }
});

test('a revocation leaves what it is about, and nothing else', () => {
  const rules = [
    allow('a', { principals: [workload('web')], operations: ['POST /a', 'GET /b', 'GET /a'] }),
    deny('d', { principals: [workload('reports')], operations: ['GET /d'] }),
  ];
  const whole = policy([], { services: { orders: service('orders', rules) } });
  const left = (entry: Revocation) => {
    const revocations = { version: 1, entries: [entry] };
    const { custom } = compileIstio(whole, 'orders', { port: 8080, asksDecisions: true, revocations });
    return custom.map(({ to = [], when = [] }) => [
      when.length,
      to.map(({ operation: { methods, paths } }) => [methods, paths]),
    ]);
  };
  const ported = [[undefined, undefined]];
  const token = [1, ported];
  const a = [
    [['GET'], ['/a', '/b']],
    [['POST'], ['/a']],
  ];
  expect(left({ kind: 'rule', rule: 'a', until: 1 })).toEqual([token, [0, a]]);
  expect(left({ kind: 'rule', rule: 'd', until: 1 })).toEqual([token]);
  expect(left({ kind: 'service', service: 'orders', until: 1 })).toEqual([[0, ported]]);
  expect(left({ kind: 'service', service: 'ledger', until: 1 })).toEqual([token]);
  expect(left({ kind: 'token', issuer: 'people', value: 'a', until: 1 })).toEqual([token]);
});

test('every rule is about the port of the application alone', () => {
  const {
    custom,
    deny: denied,
    allow: allowed,
  } = compiled(
    allow('a', { principals: [anyone], operations: ['GET /a/**'] }),
    deny('b', { principals: [anyone], operations: ['GET /a/{x}'], conditions: [mfa] }),
  );
  for (const { to = [] } of [...custom, ...denied, ...allowed]) {
    expect(to.length).toBeGreaterThan(0);
    for (const { operation } of to) expect(operation.ports).toEqual(['8080']);
  }
});

test('what is closed or withdrawn opens nothing, whether or not anybody is asked', () => {
  const rules = [
    allow('a', { principals: [workload('web')], operations: ['GET /a'] }),
    allow('b', { principals: [workload('web')], operations: ['GET /b'] }),
  ];
  const whole = policy([], { services: { orders: service('orders', rules) } });
  const pathsOpen = (entry: Revocation) =>
    [true, false].map((asksDecisions) => {
      const revocations = { version: 1, entries: [entry] };
      const { allow: allowed } = compileIstio(whole, 'orders', { port: 8080, asksDecisions, revocations });
      return allowed.flatMap(({ from, to = [] }) =>
        from ? to.flatMap(({ operation }) => operation.paths ?? []) : [],
      );
    });
  expect(pathsOpen({ kind: 'rule', rule: 'a', until: 1 })).toEqual([['/b'], ['/b']]);
  expect(pathsOpen({ kind: 'service', service: 'orders', until: 1 })).toEqual([[], []]);
});
