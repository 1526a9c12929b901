import { decisionLine } from '../../cli/decision-line.js';

const line = (fields: object) => JSON.stringify({ version: 1, time: '2026-11-23T07:31:21.214Z', ...fields });

test('an admitted request shows who called what, by which rule', () => {
  const text = decisionLine(
    'gateway',
    line({
      decision: 'allow',
      status: 200,
      method: 'GET',
      path: '/orders/1',
      service: 'orders',
      subject: 'ada',
      issuer: 'people',
      rule: 'staff-read',
      reason: 'via_upstream',
    }),
  );
  expect(text).toBe(
    '07:31:21.214  gateway     allow 200  GET /orders/1  at orders  ada (people)  staff-read',
  );
});

test('a refused one shows why', () => {
  const peer = 'spiffe://local.dev.shop.example/ns/default/sa/web';
  const text = decisionLine(
    'orders',
    line({
      decision: 'refuse',
      status: 403,
      method: 'GET',
      path: '/x',
      service: 'orders',
      peer,
      reason: 'nothing allows it',
    }),
  );
  expect(text).toBe('07:31:21.214  orders      refuse 403  GET /x  from web  nothing allows it');
});

test("Envoy's own words are not shown to people", () => {
  const reason = 'rbac_access_denied_matched_policy[none]';
  const text = decisionLine(
    'web',
    line({ decision: 'refuse', status: 401, method: 'GET', path: '/', reason }),
  );
  expect(text).toBe('07:31:21.214  web         refuse 401  GET /  needs a token');
});

test.each([
  ['the path', { path: '/\u001b[2J' }],
  ['the subject', { subject: 'a\u0007\u009b31m\r\nb' }],
  ['a backslash before what looks like an escape', { path: '/\\u001b[2J' }],
])('%s cannot steer the terminal', (_, fields) => {
  expect(
    decisionLine('gateway', line({ decision: 'refuse', status: 400, method: 'GET', ...fields })),
  ).not.toMatch(/\p{Cc}/u);
});

test('a line that is no JSON is shown as it is, but for control characters', () => {
  expect(decisionLine('gateway', '{ \u001b')).toBe('[gateway] { \ufffd');
});
