import { decide, indexPolicy } from '../../lib/policy/index.js';
import {
  BUILDS,
  allow,
  claim,
  has,
  issuer,
  NOW,
  outcome,
  PARTNERS,
  PEOPLE,
  policy,
  request,
  token,
  user,
} from './fixture.js';
import { everywhere, GET, OPEN, withToken } from './everywhere.js';

/** What `pitfalls.test.ts` is, of tokens: when one is good, and what its claims say. */

test('pitfall 17: scopes are split at spaces, all that are asked for must be there', () => {
  const rules = [
    allow('a', { operations: GET, principals: [user('people', has('scope', 'a'), has('scope', 'b'))] }),
  ];
  const by = (scope: unknown) => everywhere(rules, { credential: token({ scope }) });
  expect(by('a b')).toBe('allow');
  expect(by(['b', 'a'])).toBe('allow');
  for (const scope of ['a', 'a,b', ['a b'], ['a,b'], 'a\tb', 'ab', '', [], null, undefined]) {
    expect([scope, by(scope)]).toEqual([scope, 'forbidden']);
  }
});

test('pitfall 18: a claim of another type is no claim', () => {
  const rules = [allow('a', { operations: GET, principals: [user('people', has('role', 'admin'))] })];
  const by = (role: unknown) => everywhere(rules, { credential: token({ role }) });
  expect(by('admin')).toBe('allow');
  expect(by(['admin'])).toBe('allow');
  for (const role of [true, 1, null, { admin: true }, [['admin']], [{ admin: 'admin' }]]) {
    expect([role, by(role)]).toEqual([role, 'forbidden']);
  }
});

test('pitfall 19: a nested claim and one with a dot in its name are two', () => {
  const nested = [allow('a', { operations: GET, principals: [user('people', has(['a', 'b'], 'x'))] })];
  const dotted = [allow('a', { operations: GET, principals: [user('people', has('a.b', 'x'))] })];
  expect(outcome(nested, withToken({ a: { b: 'x' } }))).toBe('allow');
  expect(outcome(nested, withToken({ 'a.b': 'x' }))).toBe('forbidden');
  expect(outcome(dotted, withToken({ 'a.b': 'x' }))).toBe('allow');
  expect(outcome(dotted, withToken({ a: { b: 'x' } }))).toBe('forbidden');
});

test('pitfall 20: a negative test does not pass on absence', () => {
  const not = claim({ claim: ['region'], test: 'presentAndNot', value: 'north' });
  const rules = [allow('a', { operations: GET, conditions: [not] })];
  const by = (region: unknown) => everywhere(rules, { credential: token({ region }) });
  expect(by('south')).toBe('allow');
  for (const region of [undefined, null, '', [], [''], 5, true, {}, 'north', ['south', 'north']]) {
    expect([region, by(region)]).toEqual([region, 'forbidden']);
  }
  expect(everywhere(rules, {})).toBe('forbidden');
});

test('pitfall 21: the audience is the very string, and there must be one', () => {
  const by = (aud: unknown) => everywhere(OPEN, { credential: token({ aud }) });
  expect(by('https://orders.shop.test')).toBe('allow');
  expect(by(['x', 'https://orders.shop.test'])).toBe('allow');
  for (const aud of [
    'https://orders.shop.test/',
    'orders.shop.test',
    'http://orders.shop.test',
    undefined,
    '',
    [],
    null,
  ]) {
    expect([aud, by(aud)]).toEqual([aud, 'invalidToken']);
  }
  expect(
    everywhere(OPEN, { credential: token({ aud: undefined, client_id: 'https://orders.shop.test' }) }),
  ).toBe('invalidToken');
});

test('pitfall 22: an ID token is told from an access token by what the issuer’s profile requires', () => {
  const issuers = {
    people: issuer(PEOPLE, {}, { requiredClaims: { token_use: 'access' } }),
    partners: issuer(PARTNERS, {}, { tokenType: 'at+jwt' }),
    builds: issuer(BUILDS, {}, { presentClaims: ['azp'] }),
  };
  const index = indexPolicy({ ...policy(OPEN), issuers });
  const by = (claims: object, typ: string) =>
    decide(index, request({ credential: token({ ...claims }, { header: { typ } }) })).outcome;
  expect(by({ token_use: 'access' }, 'JWT')).toBe('allow');
  expect(by({ token_use: 'id' }, 'JWT')).toBe('invalidToken');
  expect(by({}, 'JWT')).toBe('invalidToken');
  expect(by({ iss: PARTNERS }, 'at+jwt')).toBe('allow');
  expect(by({ iss: PARTNERS, nonce: 'n' }, 'JWT')).toBe('invalidToken');
  // For an audience that is a client of its own, as an application's ID of Entra is.
  expect(by({ iss: BUILDS, azp: 'client' }, 'JWT')).toBe('allow');
  expect(by({ iss: BUILDS, nonce: 'n' }, 'JWT')).toBe('invalidToken');
});

test('pitfall 23: a token without an expiry, or with one that is no number, is bad', () => {
  for (const exp of [undefined, null, String(NOW + 60), true, 0, -1]) {
    expect([exp, everywhere(OPEN, { credential: token({ exp }) })]).toEqual([exp, 'invalidToken']);
  }
  expect(everywhere(OPEN, { credential: token({ exp: NOW + 0.5 }) })).toBe('allow');
});

test.each([
  [-61, 'invalidToken'],
  [-31, 'invalidToken'],
  [-30, 'allow'],
  [-1, 'allow'],
  [1, 'allow'],
])('pitfall 24: one skew of 30 seconds: an expiry %d seconds from now is %s', (seconds, expected) => {
  expect(everywhere(OPEN, { credential: token({ exp: NOW + seconds }) })).toBe(expected);
  expect(everywhere(OPEN, { credential: token({ nbf: NOW - seconds }) })).toBe(expected);
});

test('pitfall 25: a token counts in its header alone', () => {
  const rules = [allow('a', { operations: GET, principals: [user('people')] })];
  expect(everywhere(rules, { path: '/orders?access_token=e30.e30.AA' })).toBe('tokenRequired');
  expect(
    everywhere(rules, {
      headers: [
        ['cookie', 'token=e30.e30.AA'],
        ['x-access-token', 'e30.e30.AA'],
      ],
    }),
  ).toBe('tokenRequired');
});

test('pitfall 26: exactly the algorithms of the issuer’s profile count', () => {
  for (const [alg, expected] of [
    ['ES256', 'allow'],
    ['RS256', 'allow'],
    ['RS384', 'invalidToken'],
    ['HS256', 'invalidToken'],
    ['none', 'invalidToken'],
  ]) {
    expect([alg, everywhere(OPEN, { credential: token({}, { header: { alg } }) })]).toEqual([alg, expected]);
  }
});
