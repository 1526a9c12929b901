import { planSummary } from '../../cli/plan-summary.js';
import login from '../../examples/shop/login.js';
import { allow, http, oidc, user } from '../../lib/index.js';
import { explain } from '../../lib/insight/explain.js';
import { claimsToken, userToken } from '../../lib/insight/token.js';
import { resolve } from '../../lib/plan/resolve.js';

const now = Date.parse('2026-11-23T12:00:00Z') / 1000;

test('a token where the model has no issuer', () => {
  const plan = resolve({
    trustDomain: 'acme.example',
    environment: 'dev',
    services: { web: { protocol: 'http', host: 'www.acme.example' } },
    access: [],
  });
  const { points } = explain(plan, {
    method: 'GET',
    authority: 'www.acme.example',
    path: '/',
    credential: claimsToken(plan, { iss: 'https://login.acme.example', sub: 'ada', exp: now + 300 }),
    sourceAddress: '192.0.2.1',
    now,
  });
  expect(points[0]?.because).toEqual([
    'The token is not valid here: the model has no provider and no pipeline.',
  ]);
});

test('an admission tells when it ends, and a refusal what is over', () => {
  const until = '2026-11-23T18:00:00Z';
  const people = oidc({ issuer: 'https://login.acme.example', jwksUri: 'https://login.acme.example/jwks' });
  const plan = resolve(
    {
      trustDomain: 'acme.example',
      environment: 'dev',
      identity: { providers: { people } },
      services: { web: http({ host: 'www.acme.example' }) },
      access: [
        allow(user({ groups: ['break-glass'] }))
          .to('web', 'POST /**')
          .named('break-glass')
          .until(until),
        allow(user({ groups: ['staff'] }))
          .to('web', 'POST /a')
          .named('staff'),
      ],
    },
    { now: new Date(now * 1000) },
  );
  const because = (groups: readonly string[], at: string) => {
    const seconds = Date.parse(at) / 1000;
    const credential = userToken(plan, 'web', { issuer: 'people', groups }, seconds);
    const call = { method: 'POST', authority: 'www.acme.example', path: '/a', sourceAddress: '192.0.2.1' };
    return explain(plan, { ...call, credential, now: seconds }).points[0]?.because;
  };
  const who = 'POST /** for a user of people through the gateway whose groups has "break-glass"';
  expect(because(['break-glass'], '2026-11-23T17:59:59Z')).toEqual([
    `Rule break-glass admits it: ${who}.`,
    `It does until ${until}, and nothing from then on.`,
  ]);
  expect(because(['break-glass'], until)).toEqual([
    'No rule admits it.',
    'This would be enough:',
    '- staff: a user of people through the gateway whose groups has "staff"',
    `Rule break-glass is over: it admits nothing since ${until}.`,
  ]);
  expect(because(['staff'], until)).toHaveLength(1);
  expect(planSummary(plan)).toContain(`allow  break-glass (until ${until})`);
});

test('a rule in audit tells the minute from which it decides, and when it ends', () => {
  const people = oidc({
    issuer: 'https://login.acme.example',
    jwksUri: 'https://login.acme.example/jwks',
  });
  const rule = allow(user({ groups: ['staff'] }))
    .to('web', 'GET /a')
    .named('one-minute')
    .audited({ until: '2026-12-24T17:59:00Z', reason: 'tried' })
    .until('2026-12-24T18:00:00Z');
  const plan = resolve(
    {
      trustDomain: 'acme.example',
      environment: 'dev',
      identity: { providers: { people } },
      services: { web: http({ host: 'www.acme.example' }) },
      access: [rule],
    },
    { now: new Date(now * 1000) },
  );
  const credential = userToken(plan, 'web', { issuer: 'people', groups: ['staff'] }, now);
  const call = { method: 'GET', authority: 'www.acme.example', path: '/a', sourceAddress: '192.0.2.1' };
  expect(explain(plan, { ...call, credential, now }).points[0]?.because).toContain(
    'In audit: rule one-minute admits this from 2026-12-24T17:59:00Z on, until 2026-12-24T18:00:00Z.',
  );
  expect(planSummary(plan)).toContain(
    'one-minute (only logged until 2026-12-24T17:59:00Z) (until 2026-12-24T18:00:00Z)',
  );
});

test('who is led to the sign-in is told which rule is over', () => {
  const shop = resolve(login, { now: new Date(now * 1000) });
  const over = Date.parse('2026-11-23T18:00:00Z') / 1000;
  const [name, { rules, ...service }] = Object.entries(shop.policy.services).find(([, one]) => one.login)!;
  const still = rules.find(({ effect }) => effect === 'allow')!;
  const both = [...rules, { ...still, id: 'old', until: over }];
  const plan = {
    ...shop,
    policy: { ...shop.policy, services: { ...shop.policy.services, [name]: { ...service, rules: both } } },
  };
  const [method, path] = still.operations[0]!.split(' ') as [string, string];
  const because = (at: number) =>
    explain(plan, {
      method,
      path: path.replaceAll(/\{[^}]*\}|\*+/g, 'a'),
      authority: service.authority,
      headers: [['accept', 'text/html']],
      credential: { kind: 'none' },
      sourceAddress: '192.0.2.1',
      now: at,
    }).points[0]?.because.join(' ');
  expect(because(over)).toMatch(/it is led to the sign-in\. Rule old is over/);
  expect(because(now)).not.toContain('is over');
});
