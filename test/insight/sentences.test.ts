import { explain } from '../../lib/insight/explain.js';
import { claimsToken } from '../../lib/insight/token.js';
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
