import { planSummary } from '../../cli/plan-summary.js';
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
