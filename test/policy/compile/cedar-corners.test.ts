import {
  cedarIndex,
  compileCedar,
  decidingRule,
  outcomeOf,
  questionOf,
} from '../../../lib/policy/compile/cedar/index.js';
import {
  type AccessRule,
  type ClaimTest,
  decide,
  indexPolicy,
  type Policy,
  type Request,
  type Revocation,
  type ServicePolicy,
} from '../../../lib/policy/index.js';
import { CONNECTION } from '../../../lib/policy/operation.js';
import { CedarEngine } from '../../engines/cedar/engine.js';
import {
  allow,
  anyone,
  atSidecar,
  bound,
  claim,
  deny,
  device,
  GATEWAY,
  has,
  mfa,
  NOW,
  policy,
  proven,
  request,
  service,
  signedIn,
  token,
  user,
  workload,
  workloadId,
} from '../fixture.js';

/** Corners of the compiler to Cedar that its mutants showed nothing else looks at. */

/** The outcome by Cedar and by the reference, which must be one, and what Cedar names as its reason. */
function asked(whole: Policy, one: Request, entries: readonly Revocation[] = []) {
  const revocations = { version: 1, entries };
  const engine = new CedarEngine('corners', compileCedar(whole));
  expect(engine.findings()).toEqual([]);
  const question = questionOf(cedarIndex(whole, revocations), one);
  const outcome = outcomeOf(question, engine.isAllowed);
  const decision = decide(indexPolicy(whole, revocations), one);
  expect(outcome).toBe(decision.outcome);
  const by = question.kind === 'ask' ? engine.ask(question.call).by : [];
  if (question.kind === 'ask') expect(decidingRule(by)).toBe(decision.rule);
  return { outcome, by };
}

function outcome(rules: readonly AccessRule[], one: Request, entries: readonly Revocation[] = []) {
  return asked(policy(rules), one, entries).outcome;
}

const operations = ['GET /orders'] as const;
const open = allow('open', { operations });

describe('what is decided before the rules is not asked', () => {
  test.each([
    ['invalidToken', 'a late token', { credential: token({ exp: NOW - 100 }) }],
    ['invalidToken', 'a forged token', { credential: token({}, { signature: 'invalid' }) }],
    ['nonCanonical', 'an empty segment', { path: '/orders//x' }],
    ['forbidden', 'an unknown host', { authority: 'nobody.shop.test' }],
  ] as const)('%s: %s', (expected, _, over) => {
    expect(asked(policy([open]), request(over))).toEqual({ outcome: expected, by: [] });
  });

  test('nor is a preflight', () => {
    const cors = { origins: ['https://shop.test'], methods: ['GET'], headers: [], maxAge: 60 };
    const whole = policy([], { services: { orders: service('orders', [open], { cors }) } });
    const headers = [
      ['origin', 'https://shop.test'],
      ['access-control-request-method', 'GET'],
    ] as const;
    expect(asked(whole, request({ method: 'OPTIONS', headers }))).toEqual({ outcome: 'preflight', by: [] });
  });
});

describe('before the sidecar of a TCP service', () => {
  const principals = [workload('payments')];
  const rules = [
    allow('connect', { operations: ['tcp'], principals }),
    // No model makes this: where connections are taken it says nothing of anything.
    allow('read', { operations: ['GET /orders'], principals }),
  ];
  const whole = policy([], { services: { orders: service('orders', rules, { protocol: 'tcp' }) } });
  const by = (peer: string, over: Partial<Request>) => asked(whole, atSidecar(workloadId(peer), over));

  test('Cedar is asked about a connection', () => {
    const connection = { method: CONNECTION, path: '/' };
    expect(by('payments', connection)).toEqual({ outcome: 'allow', by: ['orders/connect'] });
    expect(by('reports', connection)).toEqual({ outcome: 'forbidden', by: [] });
  });

  test('and about no request', () => {
    expect(by('payments', {})).toEqual({ outcome: 'forbidden', by: [] });
    expect(by('payments', { method: 'DELETE' })).toEqual({ outcome: 'forbidden', by: [] });
  });
});

test('the policies that are no rules are named', () => {
  const closed: Revocation = { kind: 'service', service: 'orders', until: NOW + 1 };
  expect(asked(policy([open]), request(), [closed])).toEqual({ outcome: 'forbidden', by: ['emergency'] });
  expect(asked(policy([open]), request()).by).toEqual(['orders/open']);
  // What an older point does not tell must not be what a deny would have looked at.
  for (const told of [has('ref', 'main'), { claim: ['old'], test: 'equals', value: true } as const]) {
    const after = [open, deny('shut', { operations, principals: [user('people', told)] })];
    const engine = new CedarEngine('corners', compileCedar(policy(after)));
    const one = request({ credential: token({ ref: 'main', old: true }) });
    const question = questionOf(cedarIndex(policy([open])), one);
    if (question.kind !== 'ask') throw new Error('nothing to ask');
    expect(engine.ask(question.call)).toEqual({ allowed: false, by: ['vocabulary'] });
    expect(asked(policy(after), one)).toEqual({ outcome: 'forbidden', by: ['orders/shut'] });
  }
});

test('an allow is withdrawn until its second, and a deny never', () => {
  const gone = (rule: string, until: number): Revocation[] => [{ kind: 'rule', rule, until }];
  expect(outcome([open], request(), gone('open', NOW + 1))).toBe('forbidden');
  expect(outcome([open], request(), gone('open', NOW))).toBe('allow');
  expect(outcome([open], request(), gone('open', NOW - 1))).toBe('allow');
  expect(outcome([open, deny('shut', { operations })], request(), gone('shut', NOW + 1))).toBe('forbidden');
});

test('what a client shows a gateway is no peer, and without a peer a sidecar admits no workload', () => {
  const rules = [allow('web', { operations, principals: [workload('web')] })];
  expect(outcome(rules, request({ peer: workloadId('web') }))).toBe('forbidden');
  expect(outcome(rules, atSidecar(workloadId('web')))).toBe('allow');
  expect(outcome(rules, atSidecar(workloadId('other')))).toBe('forbidden');
  expect(outcome(rules, atSidecar(undefined))).toBe('forbidden');
  const refused = [open, deny('not-web', { operations, principals: [workload('web')] })];
  expect(outcome(refused, request({ peer: workloadId('web') }))).toBe('allow');
  expect(outcome(refused, atSidecar(GATEWAY))).toBe('allow');
});

test('a workload is asked for the token of the user for whom it calls', () => {
  const forUser = { issuer: 'people', claims: [has('groups', 'staff')] };
  const rules = [allow('for', { operations, principals: [workload('web', forUser)] })];
  const at = (claims?: Record<string, unknown>) =>
    outcome(rules, atSidecar(workloadId('web'), claims ? { credential: token(claims) } : {}));
  expect(at({ groups: ['staff'] })).toBe('allow');
  expect(at({ groups: ['guests'] })).toBe('forbidden');
  expect(at()).toBe('tokenRequired');
  expect(outcome(rules, atSidecar(workloadId('other')))).toBe('forbidden');
});

describe('a claim that is present and not', () => {
  const not = (value: string): ClaimTest => ({ claim: ['tier'], test: 'presentAndNot', value });
  const at = (test: ClaimTest, tier: unknown) =>
    outcome(
      [allow('not', { operations, conditions: [claim(test)] })],
      request({ credential: token({ tier }) }),
    );

  test.each([
    ['b', 'allow'],
    [['b'], 'allow'],
    [['b', ''], 'allow'],
    ['a', 'forbidden'],
    [['a', 'b'], 'forbidden'],
    ['', 'forbidden'],
    [[''], 'forbidden'],
    [[], 'forbidden'],
    [5, 'forbidden'],
    [[5], 'forbidden'],
    [null, 'forbidden'],
    [undefined, 'forbidden'],
  ] as const)('a, with %j: %s', (tier, expected) => {
    expect(at(not('a'), tier)).toBe(expected);
  });

  test.each([
    ['b', 'allow'],
    [['', 'b'], 'allow'],
    ['', 'forbidden'],
    [[''], 'forbidden'],
    [undefined, 'forbidden'],
  ] as const)('the empty string, with %j: %s', (tier, expected) => {
    expect(at(not(''), tier)).toBe(expected);
  });
});

describe('each condition is met by what meets it alone', () => {
  const key = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
  const met = {
    mfa: { credential: token({ amr: ['mfa'] }) },
    device: { credential: token({ device: { compliant: true } }) },
    bound: { credential: token({ cnf: { 'x5t#S256': key } }), certificateThumbprint: key },
    proven: { credential: token({ cnf: { jkt: key } }), provenKey: key },
    recent: { credential: token({ auth_time: NOW - 5 }) },
    claimed: { credential: token({ groups: ['staff'] }) },
  };
  const conditions = {
    mfa,
    device,
    bound,
    proven,
    recent: signedIn(10),
    claimed: claim(has('groups', 'staff')),
  };
  const names = Object.keys(met) as (keyof typeof met)[];

  test.each(names)('%s', (name) => {
    const rules = [allow('rule', { operations, conditions: [conditions[name]] })];
    const whole = { ...policy(rules), dpop: true };
    for (const other of names) {
      const got = asked(whole, request(met[other])).outcome;
      expect([other, got === 'allow']).toEqual([other, other === name]);
    }
    const lifted = {
      ...policy([open, deny('shut', { operations, conditions: [conditions[name]] })]),
      dpop: true,
    };
    for (const other of names) {
      const got = asked(lifted, request(met[other])).outcome;
      expect([other, got === 'allow']).toEqual([other, other === name]);
    }
  });
});

test('names of claims that differ in what is escaped are no one claim', () => {
  const wanted: readonly (readonly [readonly string[], string])[] = [
    [['a~1b'], 'p'],
    [['a1b'], 'q'],
    [['a/b'], 'r'],
    [['ab'], 's'],
    [['a', 'b'], 't'],
    [['a~0b'], 'u'],
    [['a0b'], 'v'],
    [['a~b'], 'w'],
  ];
  const rules = wanted.map(([path, value], at) =>
    allow(`rule-${at}`, { operations, principals: [user('people', has(path, value))] }),
  );
  const put = (path: readonly string[], value: string) =>
    path.length === 2 ? { [path[0]!]: { [path[1]!]: value } } : { [path[0]!]: value };
  for (const [path, value] of wanted) {
    for (const [other, held] of wanted) {
      const one = request({ credential: token(put(other, held)) });
      expect([path, other, outcome(rules, one)]).toEqual([path, other, 'allow']);
      const wrong = request({ credential: token(put(path, held)) });
      expect([path, held, outcome(rules, wrong)]).toEqual([
        path,
        held,
        value === held ? 'allow' : 'forbidden',
      ]);
    }
  }
});

test('what a policy is said to do is what its text does', () => {
  const rules = [
    open,
    deny('shut', { operations, conditions: [mfa] }),
    allow('ask', { operations, principals: [user('people')] }),
  ];
  const { policies } = compileCedar(policy(rules));
  expect(policies.map(({ id, effect }) => [id, effect])).toEqual([
    ['emergency', 'forbid'],
    ['vocabulary', 'forbid'],
    ['orders/ask', 'permit'],
    ['orders/ask#challenge', 'permit'],
    ['orders/open', 'permit'],
    ['orders/shut', 'forbid'],
  ]);
  for (const { id, effect, statement } of policies) {
    expect(statement.startsWith(`@id("${id}")\n${effect} (principal, `)).toBe(true);
  }
});

describe('the largest policy', () => {
  const path = `GET /${'p'.repeat(300)}` as const;
  const single = [allow('single', { operations: [path], principals: [user('people')] })];
  const nameBytes = (rule: string) => Buffer.byteLength(`@id("orders/${rule}#challenge#9999")\n`);

  test('a rule fits that takes as many bytes with the longest of its names', () => {
    const whole = compileCedar(policy(single));
    const bytes = Math.max(
      ...whole.policies
        .filter(({ rule }) => rule === 'single')
        .map(({ id, statement }) => Buffer.byteLength(statement) - Buffer.byteLength(`@id("${id}")\n`)),
    );
    const most = bytes + nameBytes('single');
    expect(compileCedar(policy(single), most)).toEqual(whole);
    expect(compileCedar(policy(single), most - 1).tooLarge).toEqual([{ service: 'orders', rule: 'single' }]);
  });

  test('no part of a rule is larger, whatever the limit, and each has its number', () => {
    const parts = Array.from({ length: 12 }, (_, at) => `GET /part/${'q'.repeat(at * 5)}` as const);
    const rules = [
      allow('parts', { operations: parts.slice(1), principals: [user('people'), user('partners')] }),
    ];
    for (let most = 540; most < 1_200; most += 7) {
      const { policies, tooLarge } = compileCedar(policy(rules), most);
      expect([most, tooLarge]).toEqual([most, []]);
      for (const { statement, rule } of policies) {
        if (rule) expect([most, Buffer.byteLength(statement) <= most]).toEqual([most, true]);
      }
      const own = policies.filter(({ id }) => id.startsWith('orders/parts') && !id.includes('#challenge'));
      expect(own.map(({ id }) => id)).toEqual(
        own.map((_, at) => (at === 0 ? 'orders/parts' : `orders/parts#${at + 1}`)),
      );
    }
  });

  test('two of anything can be told apart, and nothing is written of what fits nowhere', () => {
    const far = `GET /${'r'.repeat(300)}` as const;
    const two = [allow('two', { operations: [path, far] })];
    expect(compileCedar(policy(two), 700).tooLarge).toEqual([]);
    expect(
      compileCedar(policy(two), 700)
        .policies.map(({ id }) => id)
        .slice(2),
    ).toEqual(['orders/two', 'orders/two#2']);
    for (const rules of [single, two]) {
      const { policies, tooLarge } = compileCedar(policy(rules), 300);
      expect(policies.map(({ id }) => id)).toEqual(['emergency', 'vocabulary']);
      expect(tooLarge).toEqual([{ service: 'orders', rule: rules[0]!.id }]);
    }
  });

  test('plain text takes the bytes that it has', () => {
    const long = `GET /${'s'.repeat(8_000)}` as const;
    expect(compileCedar(policy([allow('long', { operations: [long] })])).tooLarge).toEqual([]);
    expect(
      compileCedar(policy([allow('longer', { operations: [`${long}${'s'.repeat(2_000)}`] })])).tooLarge,
    ).toEqual([{ service: 'orders', rule: 'longer' }]);
  });
});

test('anyone and somebody is anyone, in an allow and in a deny', () => {
  const either = [anyone, user('people', has('groups', 'staff'))];
  expect(outcome([allow('either', { operations, principals: either })], request())).toBe('allow');
  expect(outcome([open, deny('either', { operations, principals: either })], request())).toBe('forbidden');
});

describe('a service with login', () => {
  const rules = [
    allow('open', { operations: ['GET /open'] }),
    allow('own', { operations: ['GET /own', 'POST /own'], principals: [user('people')], conditions: [mfa] }),
  ];
  const at = (over: Partial<ServicePolicy>, one: Partial<Request>) => {
    const whole = policy([], { services: { orders: service('orders', rules, over) } });
    return asked(whole, request({ path: '/own', ...one })).outcome;
  };
  const browser = [
    ['sec-fetch-mode', 'navigate'],
    ['sec-fetch-dest', 'document'],
  ] as const;

  test('a session is the token of the request, where nothing else is', () => {
    const session = token({ amr: ['mfa'] });
    expect(at({ login: true }, { session })).toBe('allow');
    expect(at({ login: true }, { session: token() })).toBe('stepUp');
    expect(at({ login: true }, { session, credential: token() })).toBe('stepUp');
    expect(at({}, { session })).toBe('tokenRequired');
    expect(at({ login: true }, { session: token({ aud: 'x' }) })).toBe('invalidToken');
  });

  test('a browser that opens a page is led to the sign-in, and nobody else', () => {
    expect(at({ login: true }, { headers: browser })).toBe('login');
    expect(at({ login: true }, { headers: browser, method: 'POST' })).toBe('tokenRequired');
    expect(at({ login: true }, {})).toBe('tokenRequired');
    expect(at({}, { headers: browser })).toBe('tokenRequired');
    expect(at({ login: true }, { headers: browser, credential: token() })).toBe('stepUp');
    expect(at({ login: true }, { headers: browser, path: '/open' })).toBe('allow');
    expect(at({ login: true }, { headers: browser, path: '/nothing' })).toBe('forbidden');
  });
});
