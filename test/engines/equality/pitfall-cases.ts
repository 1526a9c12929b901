import type { Json, JsonObject } from '../../../lib/policy/request.js';
import type { Outcome } from '../../../lib/policy/decide.js';
import type { BearerSpec, PolicySpec, RequestSpec } from './case.js';

/** What a request is besides `GET /open` of orders by nobody; where it says so, at one point alone. */
export type PitfallRequest = Partial<RequestSpec>;

export interface Pitfall {
  /** Its number in the design's list of divergences between points, and what holds at every real one. */
  readonly name: string;
  readonly cases: readonly (readonly [request: PitfallRequest, outcome: Outcome])[];
}

const anyone = { kind: 'anyone' };
const people = { kind: 'user', issuer: 'people' };

function allow(operation: string, principal: Json = anyone, more: JsonObject = {}): JsonObject {
  return { effect: 'allow', service: 'orders', operations: [operation], principals: [principal], ...more };
}

function claim(path: Json, test: string, value: Json): JsonObject {
  return { when: [{ kind: 'claim', claim: path, test, value }] };
}

/** One policy for all of them, so that the points are told once. */
export const PITFALL_POLICY: PolicySpec = {
  parts: {
    access: [
      allow('GET /open'),
      allow('POST /open'),
      allow('GET /public/**'),
      allow('GET /users/{id}/name'),
      allow('GET /token', people),
      allow('GET /scopes', { ...people, scopes: ['read', 'write'] }),
      allow('GET /group', { ...people, groups: ['a.b'] }),
      allow('GET /tier', { ...people, claims: { tier: 'gold' } }),
      allow('GET /nested', people, claim(['a', 'b'], 'equals', 'x')),
      allow('GET /dotted', people, claim('a.b', 'equals', 'x')),
      allow('GET /not', people, claim('tier', 'presentAndNot', 'gold')),
      allow('GET /id', { kind: 'user', issuer: 'partners' }),
      allow('GET /denied'),
      {
        ...allow('GET /denied'),
        effect: 'deny',
        unless: [{ kind: 'claim', claim: 'tier', test: 'equals', value: 'gold' }],
      },
      allow('GET /work', { kind: 'workload', service: 'web' }),
    ],
    cors: { orders: { origins: ['https://app.example'] } },
  },
  revocations: [],
};

/** A token of people for orders, with these claims and header. */
function bearer(claims: JsonObject = {}, header: JsonObject = {}): BearerSpec {
  return {
    before: 'Bearer ',
    token: {
      signer: 'people',
      key: 0,
      header: { alg: 'ES256', kid: 'people-1', typ: 'at+jwt', ...header },
      claims: {
        iss: 'https://people.example',
        sub: 'alice',
        aud: 'https://orders.shop.example',
        iat: { $now: -10 },
        exp: { $now: 300 },
        ...claims,
      },
    },
  };
}

/** A token of partners, who say what kind of token it is. */
function ofPartners(use: string): BearerSpec {
  const claims = {
    iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc',
    client_id: 'client-orders',
    aud: 'client-orders',
    token_use: use,
  };
  const { token, ...rest } = bearer(claims, { alg: 'RS256', kid: 'partners-1' });
  return { ...rest, token: { ...token, signer: 'partners' } };
}

const withToken = (path: string, claims: JsonObject = {}, header: JsonObject = {}): PitfallRequest => ({
  path,
  headers: [['authorization', bearer(claims, header)]],
});
const paths = (outcome: Outcome, ...all: string[]): [PitfallRequest, Outcome][] =>
  all.map((path) => [{ path }, outcome]);
const claims = (path: string, outcome: Outcome, ...all: JsonObject[]): [PitfallRequest, Outcome][] =>
  all.map((one) => [withToken(path, one), outcome]);
const lines = (...values: (string | BearerSpec)[]): PitfallRequest => ({
  path: '/token',
  headers: values.map((value) => ['authorization', value] as const),
});

export const PITFALLS: readonly Pitfall[] = [
  {
    name: 'pitfall 1: nothing is normalized, merged or decoded',
    cases: paths('nonCanonical', '//open', '/./open', '/x/../open', '/%6Fpen', '/open/', '/open//'),
  },
  {
    name: 'pitfall 2: doubled and escaped slashes reach no rule',
    cases: paths('nonCanonical', '//denied', '/public%2Fa', '/public/%5C..%5Cdenied', '/public/a%2F..%2Fb'),
  },
  {
    name: 'pitfall 3: a path that climbs is refused',
    cases: [
      ...paths('nonCanonical', '/public/../denied', '/public/..', '/public/%2E%2E/denied'),
      ...paths('allow', '/public/..denied'),
    ],
  },
  { name: 'pitfall 4: a fragment is refused', cases: paths('nonCanonical', '/open#x', '/open?a#/denied') },
  {
    name: 'pitfall 5: double encoding and path parameters are refused',
    cases: paths('nonCanonical', '/public/%252e%252e/a', '/public/a%252Fb', '/public/..;/a', '/public/a;b=c'),
  },
  {
    name: 'pitfall 6: paths compare with case, hosts without',
    cases: [...paths('forbidden', '/Open', '/PUBLIC/a'), [{ host: 'Orders.Shop.Example' }, 'allow']],
  },
  {
    name: 'pitfall 7: a port is left out, a trailing dot is refused',
    cases: [
      [{ host: 'orders.shop.example:443' }, 'allow'],
      [{ host: 'orders.shop.example.' }, 'nonCanonical'],
      [{ host: 'orders.shop.example.:443' }, 'nonCanonical'],
    ],
  },
  { name: 'pitfall 8: a slash at the end is refused', cases: paths('nonCanonical', '/public/', '/open/') },
  {
    name: 'pitfall 9: a template goes by segments, never by a prefix of characters',
    cases: [...paths('allow', '/public', '/public/x'), ...paths('forbidden', '/publicx', '/public-x/y')],
  },
  {
    name: 'pitfall 10: a parameter never crosses a slash',
    cases: [
      ...paths('allow', '/users/1/name', '/users/*/name'),
      ...paths('forbidden', '/users/1/2/name', '/users/name'),
    ],
  },
  {
    // What a load balancer of layer 7 does is done by none here; that of the gateway hands TLS on.
    name: 'pitfall 11: what is matched is what is forwarded, escapes and all',
    cases: [
      ...paths('allow', '/public/caf%C3%A9', '/public/a%20b?x=%2F..', '/users/%3A/name'),
      ...paths('nonCanonical', '/p%75blic/a', '/public/%61'),
    ],
  },
  {
    name: 'pitfall 12: methods compare with case, an overriding header is a header',
    cases: [
      [{ method: 'get' }, 'nonCanonical'],
      [{ method: 'TRACE' }, 'nonCanonical'],
      [{ headers: [['x-http-method-override', 'DELETE']] }, 'allow'],
      [{ method: 'DELETE', headers: [['x-http-method-override', 'GET']] }, 'forbidden'],
    ],
  },
  {
    name: 'pitfall 13: a path that does not begin with a slash is refused',
    cases: paths('nonCanonical', 'open', '*', 'http://orders.shop.example/open'),
  },
  {
    name: 'pitfall 14: two tokens are none, in either order',
    cases: [
      [lines(bearer()), 'allow'],
      [lines(bearer(), 'Bearer a.b.c'), 'invalidToken'],
      [lines('Bearer a.b.c', bearer()), 'invalidToken'],
      [lines(bearer(), bearer()), 'invalidToken'],
    ],
  },
  {
    name: 'pitfall 15: a header name with an underscore is refused',
    cases: [[{ headers: [['x_role', 'admin']] }, 'nonCanonical']],
  },
  {
    name: 'pitfall 16: gateway and sidecar refuse the same forms, of an unknown host too',
    cases: [
      [{ host: 'nowhere.example', path: '/%2e%2e/x' }, 'nonCanonical'],
      [{ host: 'nowhere.example' }, 'forbidden'],
    ],
  },
  {
    name: 'pitfall 17: scopes are split at spaces, and all that are asked for must be there',
    cases: [
      ...claims('/scopes', 'allow', { scope: 'read write' }, { scope: ['write', 'read'] }),
      ...claims(
        '/scopes',
        'forbidden',
        { scope: 'read' },
        { scope: 'read,write' },
        { scope: ['read write'] },
      ),
      ...claims('/scopes', 'forbidden', { scope: 'read\twrite' }, { scope: null }, { scope: [] }, {}),
    ],
  },
  {
    name: 'pitfall 18: a claim of another type is no claim',
    cases: [
      ...claims('/tier', 'allow', { tier: 'gold' }, { tier: ['gold'] }),
      ...claims('/tier', 'forbidden', { tier: true }, { tier: 1 }, { tier: null }, { tier: [['gold']] }),
      ...claims('/tier', 'forbidden', { tier: { gold: true } }),
    ],
  },
  {
    name: 'pitfall 19: a nested claim and one with a dot in its name are two',
    cases: [
      ...claims('/nested', 'allow', { a: { b: 'x' } }),
      ...claims('/nested', 'forbidden', { 'a.b': 'x' }),
      ...claims('/dotted', 'allow', { 'a.b': 'x' }),
      ...claims('/dotted', 'forbidden', { a: { b: 'x' } }),
    ],
  },
  {
    name: 'pitfall 20: a negative test does not pass on absence',
    cases: [
      ...claims('/not', 'allow', { tier: 'silver' }),
      ...claims('/not', 'forbidden', {}, { tier: null }, { tier: '' }, { tier: [] }, { tier: [''] }),
      ...claims('/not', 'forbidden', { tier: 5 }, { tier: 'gold' }, { tier: ['silver', 'gold'] }),
    ],
  },
  {
    name: 'pitfall 21: the audience is the very string, and there must be one',
    cases: [
      ...claims('/token', 'allow', { aud: ['x', 'https://orders.shop.example'] }),
      ...claims('/token', 'invalidToken', { aud: 'https://orders.shop.example/' }, { aud: [] }),
      ...claims('/token', 'invalidToken', { aud: 'orders.shop.example' }, { aud: null }),
    ],
  },
  {
    name: 'pitfall 22: an ID token is told from an access token by what the profile requires',
    cases: [
      [{ path: '/id', headers: [['authorization', ofPartners('access')]] }, 'allow'],
      [{ path: '/id', headers: [['authorization', ofPartners('id')]] }, 'invalidToken'],
      [withToken('/token', {}, { typ: 'JWT' }), 'invalidToken'],
    ],
  },
  {
    name: 'pitfall 23: a token without an expiry, or with one that is no number, is bad',
    cases: claims('/token', 'invalidToken', { exp: null }, { exp: '4102444800' }, { exp: true }, { exp: 0 }),
  },
  {
    name: 'pitfall 24: one skew of 30 seconds',
    cases: [
      ...claims('/token', 'allow', { exp: { $now: -20 } }, { nbf: { $now: 20 } }),
      ...claims('/token', 'invalidToken', { exp: { $now: -40 } }, { nbf: { $now: 40 } }),
    ],
  },
  {
    name: 'pitfall 25: a token counts in its header alone',
    cases: [
      [{ path: '/token?access_token=e30.e30.AA' }, 'tokenRequired'],
      [{ path: '/token', headers: [['cookie', 'token=e30.e30.AA']] }, 'tokenRequired'],
      // Beside a good token another one is not read, however its parameter is spelled.
      [withToken('/token?access_token=e30.e30.AA'), 'allow'],
      [withToken('/token?%61ccess_token=e30.e30.AA&access_token='), 'allow'],
    ],
  },
  {
    name: 'pitfall 26: exactly the algorithms of the profile count',
    cases: ['none', 'HS256', 'ES384', 'es256'].map((alg) => [
      withToken('/token', {}, { alg }),
      'invalidToken',
    ]),
  },
  {
    name: 'pitfall 28: deny wins over allow',
    cases: [
      ...paths('forbidden', '/denied'),
      ...claims('/denied', 'forbidden', {}, { tier: 'silver' }),
      ...claims('/denied', 'allow', { tier: 'gold' }),
    ],
  },
  {
    name: 'pitfall 29: what no rule allows is refused, also of a service without any',
    cases: [...paths('forbidden', '/nothing', '/'), [{ host: 'www.shop.example' }, 'forbidden']],
  },
  {
    name: 'pitfall 31: identities and names compare as strings, a dot is a dot',
    cases: [
      ...claims('/group', 'allow', { groups: ['a.b'] }),
      ...claims('/group', 'forbidden', { groups: ['axb'] }),
      [{ host: 'orders-shop.example' }, 'forbidden'],
      [{ point: 'sidecar', peer: 'web', path: '/work' }, 'allow'],
      [{ point: 'sidecar', peer: 'inner', path: '/work' }, 'forbidden'],
    ],
  },
  {
    name: 'pitfall 32: a preflight carries no token and is answered, a forged one opens nothing',
    cases: ['https://app.example', 'https://evil.example'].map((origin, at) => [
      {
        point: 'gateway',
        method: 'OPTIONS',
        path: '/token',
        headers: [
          ['origin', origin],
          ['access-control-request-method', 'GET'],
        ],
      },
      at === 0 ? 'preflight' : 'forbidden',
    ]),
  },
  {
    name: 'pitfall 34: past the gateway there is no way in, with its headers or without',
    cases: [undefined, 'x-forwarded-client-cert', 'x-forwarded-for'].map((name) => [
      {
        point: 'sidecar',
        peer: 'web',
        ...(name !== undefined && {
          headers: [[name, 'URI=spiffe://local.dev.shop.example/ns/default/sa/gateway']],
        }),
      },
      'forbidden',
    ]),
  },
];
