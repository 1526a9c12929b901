import { indexPolicy, type Issuer, type Json, judgeToken } from '../../lib/policy/index.js';
import { BUILDS, has, issuer, NOW, PARTNERS, PEOPLE, policy, service, token } from './fixture.js';

const index = indexPolicy(policy([]));

/** What is wrong with a token at `orders`; nothing if it is good. */
function fault(
  credential = token(),
  now = NOW,
  profile: Partial<Issuer['profile']> = {},
): string | undefined {
  const at = indexPolicy({
    ...policy([]),
    issuers: { people: issuer(PEOPLE, {}, profile), builds: issuer(BUILDS) },
  });
  const verdict = judgeToken(at, 'orders', credential, now);
  return verdict.kind === 'invalid' ? verdict.reason : undefined;
}

describe('a token', () => {
  test('is good', () => {
    expect(judgeToken(index, 'orders', token({ scope: 'read write' }), NOW)).toEqual({
      kind: 'valid',
      token: {
        issuer: 'people',
        profile: index.policy.issuers['people'],
        claims: { ...token().claims, scope: ['read', 'write'] },
      },
    });
  });

  test('is none', () => {
    expect(judgeToken(index, 'orders', { kind: 'none' }, NOW)).toEqual({ kind: 'none' });
    expect(judgeToken(index, 'orders', { kind: 'malformed', reason: 'why' }, NOW)).toEqual({
      kind: 'invalid',
      reason: 'why',
    });
  });

  test.each([
    [undefined],
    [''],
    [null],
    [5],
    [[PEOPLE]],
    [{}],
    ['https://PEOPLE.test'],
    ['https://people.test/'],
    ['http://people.test'],
    [' https://people.test'],
    ['people'],
    ['constructor'],
    ['__proto__'],
  ])('of the issuer %j is bad', (iss) => {
    expect(fault(token({ iss }))).toBe('issuer');
  });

  test.each([[undefined], ['none'], ['None'], ['HS256'], ['es256'], ['ES384'], [null], [5], [['ES256']]])(
    'with the algorithm %j is bad',
    (alg) => {
      expect(fault(token({}, { header: { alg } }))).toBe('algorithm');
    },
  );

  test('with an algorithm that only another issuer uses is bad', () => {
    expect(fault(token({}, { header: { alg: 'ES256' } }), NOW, { algorithms: ['RS256'] })).toBe('algorithm');
    expect(fault(token({}, { header: { alg: 'RS256' } }), NOW, { algorithms: ['RS256'] })).toBeUndefined();
  });

  test.each([[['exp']], [[]], ['x'], [null], [false], [{}]])('with `crit` %j is bad', (crit) => {
    expect(fault(token({}, { header: { crit } }))).toBe('critical header');
  });

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['any', undefined],
    [null, 'key id'],
    [5, 'key id'],
    [['k1'], 'key id'],
  ])('with `kid` %j: %j', (kid, expected) => {
    expect(fault(token({}, { header: { kid } }))).toBe(expected);
  });

  test.each([
    ['at+jwt', undefined],
    ['AT+JWT', undefined],
    ['At+Jwt', undefined],
    ['application/at+jwt', 'type'],
    ['at+jwt ', 'type'],
    ['JWT', 'type'],
    [undefined, 'type'],
    [null, 'type'],
    [5, 'type'],
  ])('with `typ` %j where at+jwt is wanted: %j', (typ, expected) => {
    expect(fault(token({}, { header: { typ } }), NOW, { tokenType: 'at+jwt' })).toBe(expected);
  });

  test('letters beyond ASCII are no letters of a type', () => {
    expect(fault(token({}, { header: { typ: '\u212aey' } }), NOW, { tokenType: 'key' })).toBe('type');
    expect(fault(token({}, { header: { typ: 'KEY' } }), NOW, { tokenType: 'key' })).toBeUndefined();
  });

  test('that nobody signed is bad', () => {
    expect(fault(token({}, { signature: 'invalid' }))).toBe('signature');
  });

  test('of 8,192 bytes is good, of one more bad', () => {
    expect(fault(token({}, { bytes: 8192 }))).toBeUndefined();
    expect(fault(token({}, { bytes: 8193 }))).toBe('size');
  });

  test.each([
    [NOW - 3300, NOW + 300, undefined],
    [NOW - 3300.5, NOW + 300, 'lifetime'],
    [NOW - 3300, NOW + 300.5, 'lifetime'],
    [NOW - 3301, NOW + 300, 'lifetime'],
    [NOW + 30, NOW + 300, undefined],
    [NOW + 30.5, NOW + 300, 'lifetime'],
    [NOW + 31, NOW + 300, 'lifetime'],
    [undefined, NOW + 300, 'lifetime'],
    [undefined, NOW + 1, 'lifetime'],
    ['1', NOW + 300, 'claim iat'],
    [NOW - 3600, NOW - 31, 'expired'],
  ])('issued at %p until %p, where an hour is the longest life: %p', (iat, exp, expected) => {
    expect(fault(token({ iat, exp }), NOW, { maxLifetimeSeconds: 3600 })).toBe(expected);
    // Where nothing is said of it any life is good.
    const isLife = expected === 'lifetime';
    expect(fault(token({ iat, exp }))).toBe(isLife ? undefined : expected);
  });

  // Every row was measured at Envoy with a skew of 30 s.
  test.each([
    ['exp', undefined, 'expiry'],
    ['exp', null, 'expiry'],
    ['exp', String(NOW + 300), 'expiry'],
    ['exp', true, 'expiry'],
    ['exp', [NOW], 'expiry'],
    ['exp', -1, 'expiry'],
    ['exp', 0, 'expiry'],
    ['exp', 0.5, 'expiry'],
    ['exp', 2 ** 64, 'expiry'],
    ['exp', 1e30, 'expiry'],
    ['exp', Number.POSITIVE_INFINITY, 'expiry'],
    ['exp', Number.NaN, 'expiry'],
    ['exp', 1e18, undefined],
    ['exp', 2 ** 63, undefined],
    ['exp', 1.8e19, undefined],
    ['exp', NOW + 0.5, undefined],
    ['exp', NOW - 29, undefined],
    ['exp', NOW - 30, undefined],
    ['exp', NOW - 30.1, 'expired'],
    ['exp', NOW - 31, 'expired'],
    ['exp', NOW - 61, 'expired'],
    ['nbf', undefined, undefined],
    ['nbf', 0, undefined],
    ['nbf', 0.5, undefined],
    ['nbf', NOW + 30, undefined],
    ['nbf', NOW + 30.9, undefined],
    ['nbf', NOW + 31, 'not before'],
    ['nbf', -0.5, 'not before'],
    ['nbf', null, 'not before'],
    ['nbf', String(NOW), 'not before'],
    ['nbf', true, 'not before'],
    ['nbf', 1e30, 'not before'],
    ['iat', undefined, undefined],
    ['iat', 0, undefined],
    ['iat', NOW + 9999, undefined],
    ['iat', NOW - 0.5, undefined],
    ['iat', -0.5, 'claim iat'],
    ['iat', null, 'claim iat'],
    ['iat', String(NOW), 'claim iat'],
    ['iat', {}, 'claim iat'],
    ['iat', 2 ** 64, 'claim iat'],
    ['sub', undefined, undefined],
    ['sub', '', undefined],
    ['sub', null, 'claim sub'],
    ['sub', 5, 'claim sub'],
    ['jti', undefined, undefined],
    ['jti', '', undefined],
    ['jti', null, 'claim jti'],
    ['jti', 5, 'claim jti'],
    ['jti', [], 'claim jti'],
  ])('with `%s` %j: %j', (name, value, expected) => {
    expect(fault(token({ [name]: value }))).toBe(expected);
  });

  test('lives in whole seconds of the clock', () => {
    const asked = (now: number, exp: number) => judgeToken(index, undefined, token({ exp }), now).kind;
    expect(asked(NOW, NOW - 30)).toBe('valid');
    expect(asked(NOW + 1, NOW - 30)).toBe('invalid');
  });

  test.each([
    ['https://orders.shop.test', undefined],
    [['https://orders.shop.test'], undefined],
    [['x', 'https://orders.shop.test', ''], undefined],
    ['https://orders.shop.test/', 'audience'],
    ['HTTPS://orders.shop.test', 'audience'],
    ['orders.shop.test', 'audience'],
    ['https://payments.shop.test', 'audience'],
    [[], 'audience'],
    ['', 'audience'],
    [[''], 'audience'],
    [undefined, 'audience'],
    [null, 'claim aud'],
    [5, 'claim aud'],
    [{}, 'claim aud'],
    [['https://orders.shop.test', 5], 'claim aud'],
  ])('for %j: %j', (aud, expected) => {
    expect(fault(token({ aud }))).toBe(expected);
  });

  test('may name its audience by the client, as Cognito does', () => {
    const profile = { audienceClaim: 'client_id' } as const;
    const named = (client_id: unknown, aud?: unknown) => fault(token({ aud, client_id }), NOW, profile);
    expect(named('https://orders.shop.test')).toBeUndefined();
    expect(named('other')).toBe('audience');
    expect(named(undefined, 'https://orders.shop.test')).toBe('audience');
    expect(named('https://orders.shop.test', 5)).toBe('claim aud');
  });

  test('of an issuer that the service does not accept is bad there', () => {
    const over = { audiences: { people: ['https://orders.shop.test'] } };
    const at = indexPolicy({ ...policy([]), services: { orders: service('orders', [], over) } });
    const judged = (iss: string) => judgeToken(at, 'orders', token({ iss }), NOW).kind;
    expect(judged(PEOPLE)).toBe('valid');
    expect(judged(PARTNERS)).toBe('invalid');
  });

  test('an issuer or audience that is named like a method of objects opens nothing', () => {
    const odd = indexPolicy({
      ...policy([]),
      issuers: { constructor: issuer(PEOPLE) },
      services: { toString: service('toString', []) },
    });
    expect(judgeToken(odd, 'toString', token(), NOW)).toEqual({ kind: 'invalid', reason: 'audience' });
  });

  test.each([
    ['access', undefined],
    ['id', 'claim token_use'],
    [undefined, 'claim token_use'],
    [null, 'claim token_use'],
    [['access'], 'claim token_use'],
    ['access ', 'claim token_use'],
  ])('with `token_use` %j where "access" is required: %j', (token_use, expected) => {
    expect(fault(token({ token_use }), NOW, { requiredClaims: { token_use: 'access' } })).toBe(expected);
  });

  test('a required claim is the token’s own', () => {
    expect(fault(token(), NOW, { requiredClaims: { constructor: 'x' } })).toBe('claim constructor');
    expect(fault(token({ constructor: 'x' }), NOW, { requiredClaims: { constructor: 'x' } })).toBeUndefined();
  });

  test.each<[Json | undefined, string | undefined]>([
    ['client', undefined],
    [['client'], undefined],
    ['\n', undefined],
    ['Stryker was here!', undefined],
    [undefined, 'claim azp'],
    ['', 'claim azp'],
    [[], 'claim azp'],
    [[''], 'claim azp'],
    [null, 'claim azp'],
    [true, 'claim azp'],
    [{}, 'claim azp'],
  ])('with `azp` %j where one must be there: %j', (azp, expected) => {
    const claims = azp === undefined ? {} : { azp };
    expect(fault(token(claims), NOW, { presentClaims: ['azp'] })).toBe(expected);
  });

  test('is judged by the profile of its own issuer', () => {
    const at = indexPolicy({
      ...policy([]),
      issuers: {
        people: issuer(PEOPLE, {}, { tokenType: 'at+jwt' }),
        partners: issuer(PARTNERS, {}, { requiredClaims: { ver: '2.0' } }),
      },
    });
    const judged = (iss: string, ver: unknown, typ: string) =>
      judgeToken(at, 'orders', token({ iss, ver }, { header: { typ } }), NOW).kind;
    expect(judged(PEOPLE, undefined, 'at+jwt')).toBe('valid');
    expect(judged(PEOPLE, '2.0', 'JWT')).toBe('invalid');
    expect(judged(PARTNERS, '2.0', 'JWT')).toBe('valid');
    expect(judged(PARTNERS, undefined, 'at+jwt')).toBe('invalid');
  });

  test('for an unknown host is judged but for its audience and its revocation', () => {
    const entries = [{ kind: 'subject', issuer: 'people', value: 'alice', until: NOW + 1 }] as const;
    const at = indexPolicy(policy([]), { version: 1, entries });
    expect(judgeToken(at, undefined, token({ aud: 'x' }), NOW).kind).toBe('valid');
    expect(judgeToken(at, 'orders', token(), NOW)).toEqual({ kind: 'invalid', reason: 'revoked' });
    expect(judgeToken(at, undefined, token({ exp: 1 }), NOW).kind).toBe('invalid');
  });
});

describe('scopes', () => {
  const scopesOf = (scope: unknown) => {
    const verdict = judgeToken(index, 'orders', token({ scope }), NOW);
    return verdict.kind === 'valid' ? verdict.token.claims['scope'] : 'invalid';
  };

  // Measured at Envoy, `space_delimited_claims`.
  test.each([
    ['a', ['a']],
    ['a b', ['a', 'b']],
    ['  a  b ', ['a', 'b']],
    ['a\tb', ['a\tb']],
    ['a,b', ['a,b']],
    ['', ''],
    ['  ', '  '],
    [['a b'], ['a b']],
    [
      ['a', ''],
      ['a', ''],
    ],
    [5, 5],
    [null, null],
    [{ x: 'a b' }, { x: 'a b' }],
    [undefined, undefined],
  ])('%j is read as %j', (scope, expected) => {
    expect(scopesOf(scope)).toEqual(expected);
  });

  test('only the claim that the issuer names is split, and no claim of the prototype is lost', () => {
    const at = indexPolicy({ ...policy([]), issuers: { people: issuer(PEOPLE, { scopeClaim: 'scp' }) } });
    const claims = Object.fromEntries([
      ...Object.entries({ scp: 'a b', scope: 'a b' }),
      ['__proto__', 'x y'],
    ]);
    const verdict = judgeToken(at, 'orders', token(claims), NOW);
    expect(verdict).toMatchObject({ kind: 'valid', token: { claims: { scp: ['a', 'b'], scope: 'a b' } } });
    const found = verdict.kind === 'valid' ? Object.entries(verdict.token.claims) : [];
    expect(found).toContainEqual(['__proto__', 'x y']);
    expect(has('scp', 'a').claim).toEqual(['scp']);
  });
});
