import {
  allow,
  allowOut,
  anyone,
  deny,
  http,
  mfa,
  oidc,
  type PolicyTest,
  resolve,
  runPolicyTests,
  senderConstrained,
  sourceNetwork,
  user,
  workload,
} from '../../lib/index.js';

const at = '2029-01-01T00:00:00Z';
const staff = user({ issuer: 'people', groups: ['staff'] });
const issuer = 'https://people.example';

const planOf = (access: readonly unknown[], egress: readonly unknown[] = []) =>
  resolve(
    {
      trustDomain: 'shop.example',
      environment: 'dev',
      identity: { providers: { people: oidc({ issuer, jwksUri: `${issuer}/jwks` }) } },
      services: { web: http({ host: 'www.shop.example', decisionService: 'everyPoint' }) },
      access,
      ...(egress.length > 0 && { egress }),
    },
    { now: new Date(at) },
  );
const run = (plan: ReturnType<typeof planOf>, ...tests: readonly PolicyTest[]) =>
  runPolicyTests(plan, { at, tests });

const A = 'GET https://www.shop.example/a';
const somebody = { user: 'people', groups: ['staff'] };

test('a request whose token is refused for want of a proof meets no condition', () => {
  const plan = planOf([allow(staff).to('web', 'GET /a').when(senderConstrained('dpop')).named('a')]);
  const exp = Date.parse(at) / 1000 + 60;
  const stolen = {
    iss: issuer,
    aud: 'https://www.shop.example',
    groups: ['staff'],
    exp,
    cnf: { jkt: 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0' },
  };
  const { passed, coverage } = run(plan, { request: A, who: { token: stolen }, expect: 'invalidToken' });
  expect([passed, coverage.conditions, coverage.rules]).toEqual([
    true,
    { met: 0, all: 4 },
    { met: 0, all: 1 },
  ]);
  const both = run(
    plan,
    { request: A, who: { ...somebody, proven: true }, expect: 'allow' },
    { request: A, who: somebody, expect: 'forbidden' },
    { request: A, who: { user: 'people', proven: true }, expect: 'forbidden' },
  );
  expect([both.passed, both.coverage.missing]).toEqual([true, []]);
});

test('a rule and an address are those of the point where the client’s connection ends', () => {
  const plan = planOf([
    allow(staff).to('web', 'GET /a').when(sourceNetwork('10.0.0.0/8')).named('a-internal'),
    allow(anyone()).to('web', 'GET /**').named('b-public'),
  ]);
  const outside = { request: A, who: somebody, expect: 'allow' } as const;
  const { results, coverage } = run(plan, { ...outside, rule: 'b-public' });
  expect(results).toMatchObject([{ passed: true, decided: 'allow by b-public', point: 'gateway' }]);
  expect(coverage.missing).toEqual([
    'a-internal: never decided',
    'a-internal: never without a token in which groups has "staff"',
    expect.stringMatching(/^a-internal: never with a connection/),
  ]);
  expect(run(plan, { ...outside, rule: 'a-internal' }).passed).toBe(false);
  const inside = { ...outside, from: '10.0.0.1', rule: 'a-internal' };
  const other = { ...outside, who: 'user:people', rule: 'b-public' } as const;
  expect(run(plan, { ...outside, rule: 'b-public' }, inside, other).coverage.missing).toEqual([]);
});

test('a test that fails meets nothing', () => {
  const until = '2030-01-01T00:00:00Z';
  const plan = planOf([
    allow(staff).to('web', 'GET /a').named('a'),
    deny(anyone()).to('web', 'GET /a').unless(mfa()).named('d').audited({ until, reason: 'tried' }),
  ]);
  const wrong = [true, false].map((factors) => ({
    request: A,
    who: { ...somebody, mfa: factors },
    expect: 'forbidden' as const,
  }));
  expect(run(plan, ...wrong).coverage).toMatchObject({ rules: { met: 0 }, conditions: { met: 0 } });
  const right = wrong.map((one) => ({ ...one, expect: 'allow' as const }));
  const other = { request: A, who: 'user:people', expect: 'forbidden' } as const;
  expect(run(plan, ...right, other).coverage.missing).toEqual([]);
});

test('the conditions of a rule that is over are met by nothing', () => {
  const plan = planOf([
    allow(anyone()).to('web', 'GET /a').named('a'),
    allow(staff).to('web', 'GET /a').when(mfa()).named('ending').until('2029-06-01T00:00:00Z'),
  ]);
  const tests = [true, false].map((factors) => ({
    request: A,
    who: { ...somebody, mfa: factors },
    expect: 'allow' as const,
  }));
  expect(run(plan, ...tests).coverage.conditions).toEqual({ met: 3, all: 4 });
  const over = runPolicyTests(plan, { at: '2029-06-01T00:00:00Z', tests });
  expect([over.passed, over.coverage.conditions]).toEqual([true, { met: 0, all: 4 }]);
});

test('a claim that a principal asks for is to be there once and to be missing once, in a token of that issuer', () => {
  const plan = planOf([allow(staff).to('web', 'GET /a').named('a')]);
  const good = { request: A, who: somebody, expect: 'allow' } as const;
  const missing = ['a: never without a token in which groups has "staff"'];
  const none = { request: A, expect: 'tokenRequired' } as const;
  expect(run(plan, good, none).coverage).toEqual({
    rules: { met: 1, all: 1 },
    conditions: { met: 1, all: 2 },
    missing,
  });
  const bad = { request: A, who: 'user:people', expect: 'forbidden' } as const;
  expect(run(plan, good, bad).coverage.missing).toEqual([]);
  expect(run(plan, bad).coverage.missing).toEqual([
    'a: never decided',
    'a: never with a token in which groups has "staff"',
  ]);
});

test('rules for calls that leave are tested by the workload, and counted', () => {
  const plan = planOf(
    [allow(anyone()).to('web', 'GET /a').named('a')],
    [
      allowOut(workload('web')).to('https://api.bank.example', 'POST /transfers').named('transfer'),
      allowOut(workload('web')).to('https://api.bank.example', 'GET /rates').named('rates'),
    ],
  );
  const call = { peer: 'web', expect: 'allow', rule: 'transfer' } as const;
  const { results, coverage } = run(
    plan,
    { ...call, request: 'POST https://api.bank.example/transfers' },
    { peer: 'web', request: 'GET https://api.bank.example/transfers', expect: 'forbidden', rule: 'none' },
  );
  expect(results).toMatchObject([
    { passed: true, point: 'egress', decided: 'allow by transfer' },
    { passed: true, point: 'egress' },
  ]);
  expect([coverage.rules, coverage.missing]).toEqual([
    { met: 1, all: 3 },
    ['a: never decided', 'rates: never decided'],
  ]);
});
