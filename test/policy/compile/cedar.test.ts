import shop from '../../../examples/shop/model.js';
import { resolve } from '../../../lib/plan/resolve.js';
import {
  cedarIndex,
  compileCedar,
  decidingRule,
  EMERGENCY_ID,
  outcomeOf,
  questionOf,
  VOCABULARY_ID,
} from '../../../lib/policy/compile/cedar/index.js';
import {
  type AccessRule,
  decide,
  indexPolicy,
  type Policy,
  type Request,
  type Revocation,
} from '../../../lib/policy/index.js';
import { CedarEngine } from '../../engines/cedar/engine.js';
import {
  allow,
  anyone,
  atSidecar,
  claim,
  deny,
  GATEWAY,
  has,
  mfa,
  NOW,
  office,
  policy,
  request,
  service,
  signedIn,
  token,
  user,
  workload,
  workloadId,
} from '../fixture.js';

const plan = resolve(shop, { now: new Date('2026-11-23T12:00:00Z') });

/** The outcome by Cedar and by the reference, which must be one. */
function outcome(rules: readonly AccessRule[], asked: Request, entries: readonly Revocation[] = []) {
  const revocations = { version: 1, entries };
  const document = compileCedar(policy(rules));
  const engine = new CedarEngine('test', document);
  expect(engine.findings()).toEqual([]);
  const cedar = outcomeOf(questionOf(cedarIndex(policy(rules), revocations), asked), engine.isAllowed);
  expect(cedar).toBe(decide(indexPolicy(policy(rules), revocations), asked).outcome);
  return cedar;
}

test('the policy of the shop is valid in strict mode', () => {
  expect(new CedarEngine('shop', compileCedar(plan.policy)).findings()).toEqual([]);
});

test('the order of rules, services and issuers changes no byte', () => {
  const backwards = <Value>(values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(values).toReversed());
  const other: Policy = {
    ...plan.policy,
    services: backwards(
      Object.fromEntries(
        Object.entries(plan.policy.services).map(([name, own]) => [
          name,
          { ...own, rules: own.rules.toReversed() },
        ]),
      ),
    ),
  };
  expect(JSON.stringify(compileCedar(other))).toBe(JSON.stringify(compileCedar(plan.policy)));
});

test('no segment stands for two, and the end of a path is its end', () => {
  const rules = [
    allow('rest', { operations: ['GET /a/{x}/b/**'] }),
    allow('exact', { operations: ['GET /a/{x}', 'POST /'] }),
  ];
  const admitted = ['/a/p/b', '/a/p/b/c/d/e/f', '/a/p', '/a/%2A', '/a/p?q=/b'];
  const refused = ['/a', '/a/p/q/b/c', '/a/p/c', '/a/p/bc', '/', '/b', '/A/p'];
  for (const path of admitted) expect([path, outcome(rules, request({ path }))]).toEqual([path, 'allow']);
  for (const path of refused) expect([path, outcome(rules, request({ path }))]).toEqual([path, 'forbidden']);
  expect(outcome(rules, request({ method: 'POST', path: '/' }))).toBe('allow');
  expect(outcome(rules, request({ method: 'POST', path: '/a' }))).toBe('forbidden');
});

test('any text and any number is said exactly', () => {
  const odd = ['"', '\\', '*', '\u0000', '\u0007', '\u007f', '\u0085', '\n', 'é', '😀', '\u2028', '${x}'];
  for (const value of odd) {
    const rules = [
      allow('odd', { principals: [user('people', has('tier', value))], operations: ['GET /orders'] }),
    ];
    expect(outcome(rules, request({ credential: token({ tier: value }) }))).toBe('allow');
    expect(outcome(rules, request({ credential: token({ tier: `${value}x` }) }))).toBe('forbidden');
  }
  for (const value of [1.5, 0, -0, 1e300, 2 ** 53, true]) {
    const test = { claim: ['level'], test: 'equals' as const, value };
    const rules = [allow('exact', { principals: [user('people', test)], operations: ['GET /orders'] })];
    expect(outcome(rules, request({ credential: token({ level: value }) }))).toBe('allow');
    expect(outcome(rules, request({ credential: token({ level: String(value) }) }))).toBe('forbidden');
  }
});

test('a name with a dot or a slash is no path', () => {
  const rules = [
    allow('nested', { principals: [user('people', has(['a', 'b'], 'x'))], operations: ['GET /orders'] }),
    allow('slash', { principals: [user('people', has(['a/b'], 'y'))], operations: ['GET /orders'] }),
    allow('tilde', { principals: [user('people', has(['a~1b'], 'z'))], operations: ['GET /orders'] }),
  ];
  const tried = (claims: Record<string, unknown>) => outcome(rules, request({ credential: token(claims) }));
  expect(tried({ a: { b: 'x' } })).toBe('allow');
  expect(tried({ 'a/b': 'y' })).toBe('allow');
  expect(tried({ 'a~1b': 'z' })).toBe('allow');
  for (const claims of [{ 'a.b': 'x' }, { 'a/b': 'x' }, { a: { b: 'y' } }, { 'a/b': 'z' }]) {
    expect(tried(claims)).toBe('forbidden');
  }
});

test('addresses of both families, and what is none', () => {
  const rules = [allow('office', { operations: ['GET /orders'], conditions: [office] })];
  const admitted = ['10.0.0.1', '10.255.255.255', '::ffff:10.0.0.1', '2001:db8::1', '2001:DB8:0::1%eth0'];
  const refused = ['11.0.0.1', '::ffff:11.0.0.1', '2001:db9::1', '::10.0.0.1', '::a00:1', '', 'x', '10.1'];
  for (const at of admitted) {
    expect([at, outcome(rules, request({ sourceAddress: at }))]).toEqual([at, 'allow']);
  }
  for (const at of refused) {
    expect([at, outcome(rules, request({ sourceAddress: at }))]).toEqual([at, 'forbidden']);
  }
  // Behind the point that saw the client's address it was judged already.
  expect(outcome(rules, atSidecar(GATEWAY, { sourceAddress: '11.0.0.1' }))).toBe('allow');
});

test('what has a date changes at its second', () => {
  const until = NOW + 1;
  const rules = [
    allow('open', { operations: ['GET /orders'] }),
    allow('later', { operations: ['GET /later'], auditUntil: until }),
    deny('closes', { operations: ['GET /orders'], conditions: [mfa], auditUntil: until }),
    allow('ends', { operations: ['GET /ends'], until }),
    allow('asks', { principals: [user('people')], operations: ['GET /asks'], until }),
  ];
  const at = (now: number, path = '/orders') => outcome(rules, request({ path, now }));
  expect([at(NOW), at(NOW + 0.9), at(until)]).toEqual(['allow', 'allow', 'forbidden']);
  expect([at(NOW, '/later'), at(until, '/later')]).toEqual(['forbidden', 'allow']);
  expect([at(NOW, '/ends'), at(NOW + 0.9, '/ends'), at(until, '/ends')]).toEqual([
    'allow',
    'allow',
    'forbidden',
  ]);
  expect([at(NOW, '/asks'), at(until, '/asks')]).toEqual(['tokenRequired', 'forbidden']);
  const entries: Revocation[] = [{ kind: 'rule', rule: 'open', until }];
  expect(outcome(rules, request({ now: NOW }), entries)).toBe('forbidden');
  expect(outcome(rules, request({ now: NOW }), [{ kind: 'service', service: 'orders', until }])).toBe(
    'forbidden',
  );
});

test('a sign-in is as old as it is, to the second', () => {
  const rules = [
    allow('recent', {
      principals: [user('people')],
      operations: ['GET /orders'],
      conditions: [signedIn(900)],
    }),
  ];
  const at = (time: unknown) => outcome(rules, request({ credential: token({ auth_time: time }) }));
  for (const time of [NOW, NOW - 900, NOW - 899.5, NOW + 30])
    expect([time, at(time)]).toEqual([time, 'allow']);
  for (const time of [NOW - 901, NOW - 900.1, NOW + 30.1, NOW + 31, -1e300, 1e300, String(NOW), null]) {
    expect([time, at(time)]).toEqual([time, 'stepUp']);
  }
});

test('a rule that is too large for one policy is several, which say the same', () => {
  const operations = Array.from({ length: 40 }, (_, at) => `GET /part/${at}` as const);
  const rules = [
    allow('large', { principals: [user('people'), workload('web')], operations }),
    deny('large-deny', { operations: operations.slice(20), conditions: [claim(has('groups', 'staff'))] }),
  ];
  const document = compileCedar(policy(rules), 1_000);
  const whole = compileCedar(policy(rules));
  expect(document.tooLarge).toEqual([]);
  expect(document.policies.length).toBeGreaterThan(10);
  for (const { statement } of document.policies) {
    expect(Buffer.byteLength(statement)).toBeLessThanOrEqual(1_000);
  }
  const [engine, other] = [new CedarEngine('parts', document), new CedarEngine('whole', whole)];
  const index = cedarIndex(policy(rules));
  for (let at = 0; at < 41; at += 1) {
    for (const asked of [
      request({ path: `/part/${at}`, credential: token({ groups: ['staff'] }) }),
      request({ path: `/part/${at}`, credential: token() }),
      request({ path: `/part/${at}` }),
      atSidecar(workloadId('web'), { path: `/part/${at}` }),
    ]) {
      const question = questionOf(index, asked);
      expect(outcomeOf(question, engine.isAllowed)).toBe(outcomeOf(question, other.isAllowed));
      expect(outcomeOf(question, engine.isAllowed)).toBe(decide(indexPolicy(policy(rules)), asked).outcome);
    }
  }
});

test('a rule that fits no policy is named, and left out of none in silence', () => {
  const claims = Array.from({ length: 200 }, (_, at) => has(`claim-${at}`, 'x'.repeat(40)));
  const rules = [allow('huge', { principals: [user('people', ...claims)], operations: ['GET /orders'] })];
  expect(compileCedar(policy(rules)).tooLarge).toEqual([{ service: 'orders', rule: 'huge' }]);
});

test('what can never apply is not written, and what always holds is not asked', () => {
  const rules = [
    allow('never', { principals: [user('people', has('groups', ''))], operations: ['GET /orders'] }),
    deny('always', { principals: [anyone], operations: ['GET /orders'], conditions: [claim(has('a', ''))] }),
  ];
  const { policies } = compileCedar(policy(rules));
  expect(policies.map(({ id }) => id)).toEqual([
    EMERGENCY_ID,
    VOCABULARY_ID,
    'orders/always',
    'orders/never#challenge',
  ]);
  expect(policies[2]!.statement).not.toContain('unless');
  expect(outcome(rules, request())).toBe('tokenRequired');
});

test('two services may have rules with one name', () => {
  const services = {
    orders: service('orders', [allow('read', { operations: ['GET /a'] })]),
    payments: service('payments', [allow('read', { operations: ['GET /b'] })]),
  };
  const document = compileCedar(policy([], { services }));
  expect(document.policies.map(({ id }) => id)).toEqual([
    EMERGENCY_ID,
    VOCABULARY_ID,
    'orders/read',
    'payments/read',
  ]);
  expect(decidingRule(['orders/b#2', 'orders/a#challenge'])).toBe('a');
  expect(decidingRule([EMERGENCY_ID, 'orders/a'])).toBeUndefined();
  expect(decidingRule([])).toBeUndefined();
});

test('what was filled in for another document is refused, whatever it says', () => {
  const pipeline = user('builds', has('ref', 'main'));
  const before = [allow('open', { operations: ['GET /orders'] })];
  const after = [...before, deny('not-main', { principals: [pipeline], operations: ['GET /orders'] })];
  const asked = request({ credential: token({ iss: 'https://builds.test', ref: 'main' }) });
  const engine = new CedarEngine('after', compileCedar(policy(after)));
  expect(outcome(after, asked)).toBe('forbidden');
  // The older point does not tell the claim that the deny looks at: it must not be admitted for that.
  const question = questionOf(cedarIndex(policy(before)), asked);
  if (question.kind !== 'ask') throw new Error('nothing to ask');
  expect(engine.ask(question.call)).toEqual({ allowed: false, by: [VOCABULARY_ID] });
  expect(decidingRule([VOCABULARY_ID])).toBeUndefined();
});
