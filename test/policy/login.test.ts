import {
  allow as allowOf,
  http,
  login,
  oidc,
  sourceNetwork,
  user as userOf,
  type ZeroTrustModel,
} from '../../lib/model/index.js';
import { resolve, tryResolve } from '../../lib/plan/resolve.js';
import { decide, type HeaderLine, indexPolicy, type Request } from '../../lib/policy/index.js';
import {
  allow,
  anyone,
  atSidecar,
  GATEWAY,
  mfa,
  NOW,
  policy,
  request,
  service,
  token,
  user,
} from './fixture.js';

const PROVIDER = {
  issuer: 'https://people.example',
  jwksUri: 'https://people.example/jwks',
  endpoints: { authorization: 'https://people.example/authorize', token: 'https://people.example/token' },
};
const CLIENT = { provider: 'people', clientId: 'desk-browser' };
const signingIn: ZeroTrustModel = {
  trustDomain: 'shop.example',
  environment: 'test',
  identity: { providers: { people: oidc(PROVIDER) } },
  services: { desk: http({ host: 'desk.example', login: login(CLIENT) }) },
  access: [allowOf(userOf()).to('desk', 'GET /')],
};

const RULES = [
  allow('window', { operations: ['GET /'], principals: [anyone] }),
  allow('orders', {
    operations: ['GET /orders', 'POST /orders', 'HEAD /orders'],
    principals: [user('people')],
  }),
  allow('refund', { operations: ['POST /refunds'], principals: [user('people')], conditions: [mfa] }),
];
const index = indexPolicy(policy([], { services: { orders: service('orders', RULES, { login: true }) } }));
const without = indexPolicy(policy([], { services: { orders: service('orders', RULES) } }));

const NAVIGATION: readonly HeaderLine[] = [
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
];
const COOKIE: HeaderLine = ['cookie', 'theme=dark; __Host-ztp-token=sealed'];
const SAME: HeaderLine = ['sec-fetch-site', 'same-origin'];
const SESSION = { headers: [COOKIE, SAME], session: token() };

const ask = (over: Partial<Request>, at = index) => decide(at, request(over));
const said = (over: Partial<Request>, at = index) => ask(over, at).outcome;

test('what counts is the header of that name, whatever others say the same', () => {
  const elsewhere: readonly HeaderLine[] = [
    COOKIE,
    ['x-site', 'same-origin'],
    ['sec-fetch-site', 'cross-site'],
  ];
  expect(ask({ method: 'POST', path: '/orders', headers: elsewhere, session: token() })).toMatchObject({
    outcome: 'forbidden',
    reason: 'cross-site',
  });
});

describe('without a session', () => {
  test('a navigation is led to the sign-in only where a token could be enough', () => {
    expect(ask({ headers: NAVIGATION })).toMatchObject({ outcome: 'login', reason: 'nothing allows it' });
    expect(said({ headers: NAVIGATION, path: '/' })).toBe('allow');
    expect(said({ headers: NAVIGATION, path: '/nowhere' })).toBe('forbidden');
    expect(said({ headers: NAVIGATION }, without)).toBe('tokenRequired');
    expect(decide(index, atSidecar(GATEWAY, { headers: NAVIGATION })).outcome).toBe('tokenRequired');
  });

  test.each<[string, Partial<Request>]>([
    ['a call', { headers: [['sec-fetch-mode', 'cors']] }],
    [
      'a call that accepts pages',
      {
        headers: [
          ['sec-fetch-mode', 'cors'],
          ['accept', 'text/html'],
        ],
      },
    ],
    [
      'a call for a document',
      {
        headers: [
          ['sec-fetch-mode', 'cors'],
          ['sec-fetch-dest', 'document'],
        ],
      },
    ],
    [
      'a frame',
      {
        headers: [
          ['sec-fetch-mode', 'navigate'],
          ['sec-fetch-dest', 'iframe'],
        ],
      },
    ],
    ['a form', { method: 'POST', headers: NAVIGATION }],
    ['a HEAD', { method: 'HEAD', headers: NAVIGATION }],
    ['no headers', {}],
    ['a client that takes anything', { headers: [['accept', '*/*']] }],
  ])('%s is not a navigation', (_, over) => expect(said(over)).toBe('tokenRequired'));

  test('a browser that does not say how, says what it accepts', () => {
    expect(said({ headers: [['accept', 'text/html,*/*;q=0.8']] })).toBe('login');
  });
});

describe('with a session', () => {
  test('its token is judged as if it had come by itself', () => {
    expect(ask(SESSION)).toMatchObject({ outcome: 'allow', rule: 'orders' });
    expect(said({ ...SESSION, session: token({ exp: 1 }) })).toBe('invalidToken');
    expect(said({ ...SESSION, session: token({ aud: 'https://payments.shop.test' }) })).toBe('invalidToken');
    expect(said({ ...SESSION, session: { kind: 'malformed', reason: 'opaque' } })).toBe('invalidToken');
    expect(said({ ...SESSION, method: 'POST', path: '/refunds' })).toBe('stepUp');
  });

  test('it counts nowhere but at a gateway of a service with login', () => {
    expect(said(SESSION, without)).toBe('tokenRequired');
    expect(decide(index, atSidecar(GATEWAY, SESSION)).outcome).toBe('tokenRequired');
  });

  test('whoever brings a token has no session', () => {
    const headers: HeaderLine[] = [COOKIE, ['authorization', 'Bearer a.b.c']];
    expect(said({ headers, credential: token(), session: token({ exp: 1 }) })).toBe('allow');
    expect(said({ headers, credential: token({ exp: 1 }), session: token() })).toBe('invalidToken');
    expect(said({ headers, method: 'POST', credential: token(), session: token() })).toBe('allow');
  });
});

describe('a request that changes something', () => {
  const origin = 'https://orders.shop.test';
  test.each<[string, readonly HeaderLine[]]>([
    ['its own page', [SAME]],
    ['its own page, which says so twice', [SAME, ['origin', origin]]],
    ['its own page at a port', [SAME, ['origin', `${origin}:8443`]]],
  ])('passes from %s', (_, headers) => {
    expect(said({ method: 'POST', headers: [COOKIE, ...headers], session: token() })).toBe('allow');
  });

  test.each<[string, readonly HeaderLine[]]>([
    ['nobody', []],
    ['nobody but an origin', [['origin', origin]]],
    ['another site', [['sec-fetch-site', 'cross-site']]],
    [
      'a neighbour',
      [
        ['sec-fetch-site', 'same-site'],
        ['origin', origin],
      ],
    ],
    ['a typed address', [['sec-fetch-site', 'none']]],
    ['two places in one line', [['sec-fetch-site', 'same-origin, cross-site']]],
    ['another origin', [SAME, ['origin', 'https://evil.test']]],
    ['an origin that only begins alike', [SAME, ['origin', `${origin}.evil.test`]]],
    ['no origin at all', [SAME, ['origin', 'null']]],
    ['clear text', [SAME, ['origin', 'http://orders.shop.test']]],
  ])('is refused from %s', (_, headers) => {
    const refused = { outcome: 'forbidden', reason: 'cross-site', service: 'orders' };
    expect(ask({ method: 'POST', headers: [COOKIE, ...headers], session: token() })).toEqual(refused);
    // Whether the session is good is not looked at before.
    expect(ask({ method: 'POST', headers: [COOKIE, ...headers] })).toEqual(refused);
  });

  test('a safe one passes from anywhere, and one without a session is judged as ever', () => {
    const headers: HeaderLine[] = [COOKIE, ['sec-fetch-site', 'cross-site']];
    expect(said({ headers, session: token() })).toBe('allow');
    expect(said({ method: 'POST', headers: [['sec-fetch-site', 'cross-site']] })).toBe('tokenRequired');
    expect(said({ method: 'POST', headers }, without)).toBe('tokenRequired');
  });
});

describe('the paths of the login', () => {
  const site = (value: string): HeaderLine => ['sec-fetch-site', value];
  test.each<[string, Partial<Request>]>([
    ['/.ztp/sign-in', { headers: NAVIGATION }],
    ['/.ztp/sign-in/orders?a=b', { headers: NAVIGATION }],
    ['/.ztp/callback?code=a&state=b', { headers: [...NAVIGATION, site('cross-site')] }],
    ['/.ztp/sign-out', { headers: [SAME] }],
    ['/.ztp/sign-out', { headers: [SAME], method: 'POST' }],
    ['/.ztp/sign-out', { headers: [site('none')] }],
  ])('%s is answered by it', (path, over) => {
    expect(ask({ path, ...over })).toEqual({ outcome: 'login', reason: 'login path', service: 'orders' });
    expect(said({ path, ...over }, without)).toBe('forbidden');
  });

  test.each<[string, Partial<Request>]>([
    ['/.ztp', { headers: NAVIGATION }],
    ['/.ztp/other', { headers: NAVIGATION }],
    ['/.ztp/callback/more', { headers: NAVIGATION }],
    ['/.ztp/sign-in', {}],
    ['/.ztp/sign-in', { headers: NAVIGATION, method: 'POST' }],
    ['/.ztp/callback', { headers: [['sec-fetch-mode', 'no-cors']] }],
    ['/.ztp/callback', { headers: [...NAVIGATION, ['authorization', 'Bearer a.b.c']], credential: token() }],
    ['/.ztp/sign-out', { headers: [site('cross-site')] }],
    ['/.ztp/sign-out', { headers: [site('same-site')] }],
    ['/.ztp/sign-out', {}],
    ['/.ztp/sign-out', { headers: [SAME], method: 'DELETE' }],
  ])('%s is refused otherwise', (path, over) => {
    expect(ask({ path, ...over })).toEqual({ outcome: 'forbidden', reason: 'login path', service: 'orders' });
  });

  test('what somebody wrote behind the sign-in is a path or nothing', () => {
    for (const page of ['//evil.test', '/', '/../a', '/%2F%2Fevil.test', '/a;b']) {
      expect(said({ path: `/.ztp/sign-in${page}`, headers: NAVIGATION })).toBe('nonCanonical');
    }
  });
});

test('a session changes nothing of what a token opens', () => {
  for (const path of ['/', '/orders', '/refunds', '/nowhere']) {
    for (const method of ['GET', 'POST']) {
      for (const claims of [{}, { amr: ['mfa'] }, { exp: NOW - 31 }, { aud: 'https://payments.shop.test' }]) {
        const credential = token(claims);
        const headers = [COOKIE, SAME];
        expect(said({ path, method, headers, session: credential })).toBe(said({ path, method, credential }));
      }
    }
  }
});

test.each(['kubernetes', 'google', 'azure'] as const)('%s has no login yet, and says so', (engine) => {
  const { plan, diagnostics } = tryResolve(signingIn, { engine, now: new Date('2026-11-23T12:00:00Z') });
  expect(plan).toBeUndefined();
  expect(diagnostics.map(({ code, path }) => `${code} ${path}`)).toContain(
    'not-supported-yet services.desk.login',
  );
});

test('on AWS a browser comes to the gateway past the authorizer, and the plan says so', () => {
  const near = allowOf(userOf()).to('desk', 'GET /near').when(sourceNetwork('198.51.100.0/24')).named('near');
  const elsewhere = allowOf(userOf())
    .to('web', 'GET /near')
    .when(sourceNetwork('198.51.100.0/24'))
    .named('far');
  const plan = resolve(
    {
      ...signingIn,
      services: { ...signingIn.services, web: http({ host: 'web.example' }) },
      access: [...signingIn.access!, near, elsewhere],
    },
    { engine: 'aws' },
  );
  expect(plan.ways['desk']![0]!.points.map(({ point }) => point)).toEqual([
    'gateway',
    'services/desk/sidecar',
  ]);
  expect(plan.ways['web']![0]!.points.map(({ point }) => point)).toEqual([
    'authorizer',
    'gateway',
    'services/web/sidecar',
  ]);
  expect(plan.proofCheckedAt).toEqual({ near: 'gateway', far: 'authorizer' });
});

test('the plan has the client and no secret, and what a provider of another kind asks for', () => {
  const node = (over: object, more: object = {}) =>
    resolve({
      ...signingIn,
      identity: { providers: { people: oidc({ ...PROVIDER, ...over } as typeof PROVIDER) } },
      services: { desk: http({ host: 'desk.example', login: login({ ...CLIENT, ...more }) }) },
    }).services['desk']!.login;
  expect(node({})).toEqual({
    key: 'services/desk/login',
    issuer: 'issuers/people',
    clientId: 'desk-browser',
    authorizationEndpoint: 'https://people.example/authorize',
    tokenEndpoint: 'https://people.example/token',
    tokenServer: 'issuers/people',
    scopes: ['openid'],
    resource: 'https://desk.example',
  });
  expect(node({ preset: 'entra', audiences: { desk: 'b5a1' } })).toMatchObject({
    scopes: ['openid', 'b5a1/.default'],
  });
  expect(node({ preset: 'entra', audiences: { desk: 'b5a1' } })).not.toHaveProperty('resource');
  expect(node({ audienceClaim: 'client_id', audiences: { desk: 'desk-browser' } })).not.toHaveProperty(
    'resource',
  );
  expect(node({ jwksUri: 'https://keys.example/jwks' })).toMatchObject({
    tokenServer: 'issuers/people/token',
  });
  expect(node({}, { scopes: ['openid', 'tickets'], resource: 'none' })).toMatchObject({
    scopes: ['openid', 'tickets'],
  });
  expect(node({}, { resource: 'none' })).not.toHaveProperty('resource');
});
