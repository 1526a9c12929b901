import fc from 'fast-check';
import {
  compileEnvoyGateway,
  type EnvoyGatewayRule,
} from '../../../lib/policy/compile/envoy-gateway/index.js';
import type { Operation } from '../../../lib/model/access.js';
import { decide, indexPolicy, type Policy } from '../../../lib/policy/index.js';
import { allow, anyone, deny, NOW, office, policy, request, service, user } from '../fixture.js';

const segment = fc.constantFrom('a', 'b', 'a.b', '{id}');
const operation = fc
  .tuple(fc.constantFrom('GET', 'POST'), fc.array(segment, { maxLength: 3 }), fc.boolean())
  .map(([method, segments, rest]) => {
    const named = segments.map((one, at) => (one === '{id}' ? `{id${at}}` : one));
    return `${method} /${[...named, ...(rest ? ['**'] : [])].join('/')}` as Operation;
  });
const path = fc
  .array(fc.constantFrom('a', 'b', 'a.b', 'axb', 'c'), { maxLength: 4 })
  .map((all) => `/${all.join('/')}`);
const rule = fc.tuple(
  fc.constantFrom('allow', 'deny'),
  fc.uniqueArray(operation, { minLength: 1, maxLength: 3 }),
);

/** As Envoy Gateway reads its authorization for whoever carries no token: the first that fits, else it refuses. */
function admits(rules: readonly EnvoyGatewayRule[], host: string, method: string, asked: string): boolean {
  const first = rules.find(({ operation: asks, cel }) => {
    const { methods, path: own } = asks!;
    const [, names = ''] = /matches\('\(\?i\)(.*?)'\)/.exec(cel)!;
    if (!new RegExp(names.replaceAll('\\\\', '\\'), 'i').test(host) || !methods.includes(method))
      return false;
    if (own.type === 'Exact') return asked === own.value;
    if (own.type === 'RegularExpression') return new RegExp(`^(?:${own.value})$`).test(asked);
    return own.value === '/' || asked === own.value || asked.startsWith(`${own.value}/`);
  });
  return first?.action === 'Allow';
}

test('without a decision service Envoy Gateway decides about who carries no token as `decide` does', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.constantFrom('GET', 'POST'), path, fc.constantFrom('orders', 'payments')), {
        minLength: 8,
        maxLength: 8,
      }),
      (drawn, asked) => {
        const rules = drawn.map(([effect, operations], at) =>
          effect === 'allow'
            ? allow(`rule-${at}`, { operations, principals: [anyone] })
            : deny(`rule-${at}`, { operations, principals: [anyone] }),
        );
        const given: Policy = policy(rules);
        const compiled = compileEnvoyGateway(given, { asksDecisions: false });
        const index = indexPolicy(given);
        for (const [method, own, name] of asked) {
          const authority = `${name}.shop.test`;
          const expected = decide(index, request({ method, path: own, authority })).outcome;
          expect(['allow', 'forbidden']).toContain(expected);
          expect([method, own, admits(compiled.rules, authority, method, own)]).toEqual([
            method,
            own,
            expected === 'allow',
          ]);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('with a decision service the one rule is that it has admitted', () => {
  const rules = [allow('all', { operations: ['GET /**'], principals: [anyone] })];
  expect(compileEnvoyGateway(policy(rules), { asksDecisions: true })).toEqual({
    asksDecisions: true,
    rules: [{ name: 'admitted', action: 'Allow', cel: "'x-ztp-rule' in request.headers" }],
  });
});

test('what has a date, asks for a token or a network, is closed or is no public service’s opens nothing', () => {
  const named = (given: Policy, revocations = {}) =>
    compileEnvoyGateway(given, { asksDecisions: false, ...revocations }).rules.map(({ name }) => name);
  const open = allow('open', { operations: ['GET /a'], principals: [anyone] });
  const rules = [
    open,
    allow('office', { operations: ['GET /b'], principals: [anyone], conditions: [office] }),
    allow('user', { operations: ['GET /c'], principals: [user('people')] }),
    allow('later', { operations: ['GET /d'], principals: [anyone], auditUntil: NOW + 1 }),
  ];
  expect(named(policy(rules))).toEqual(['open-0']);
  const inner = policy([], { services: { inner: service('inner', [open], { public: false }) } });
  expect(named(inner)).toEqual([]);
  const until = NOW + 1;
  const closed = (entry: object) => ({ revocations: { version: 1, entries: [{ ...entry, until }] } });
  expect(named(policy(rules), closed({ kind: 'service', service: 'orders' }))).toEqual([]);
  expect(named(policy(rules), closed({ kind: 'rule', rule: 'open' }))).toEqual([]);
});
