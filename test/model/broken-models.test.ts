import { resolve } from '../../lib/index.js';
import { errorsOf, megabyte, now, rule } from './broken.js';
import { shop, shopWith } from './shop.js';
import { cyclic, doubling, fail, holes, many, nested } from './strange-values.js';

/** Far more than any of these takes, far less than what would be felt as a hang. */
const PATIENCE_MS = 10_000;

test('the model that they are made from is right', () => {
  expect(resolve(shop(), { now }).diagnostics).toEqual([]);
});

describe('no model at all', () => {
  test.each<[string, () => unknown, ...string[]]>([
    ['null', () => null, 'wrong-type '],
    ['undefined', () => undefined, 'missing '],
    ['NaN', () => Number.NaN, 'wrong-type '],
    ['a text', () => 'model', 'wrong-type '],
    ['a list', () => [shop()], 'wrong-type '],
    ['a function', () => () => shop(), 'wrong-type '],
    ['a promise', () => Promise.resolve(shop()), 'not-plain-data '],
    ['nothing in it', () => ({}), 'missing trustDomain', 'missing environment', 'missing services'],
    ['only a prototype', () => ({ __proto__: shop() }), 'not-plain-data '],
    ['a proxy that throws', () => new Proxy(shop(), { ownKeys: fail }), 'not-plain-data '],
    ['a getter', () => Object.defineProperty(shop(), 'access', { get: fail }), 'not-plain-data access'],
    ['a symbol for a key', () => ({ ...shop(), [Symbol('x')]: 1 }), 'not-plain-data '],
    ['a model in itself', cyclic, 'cycle services'],
    ['nested without end', () => shopWith('data', nested(100_000)), `too-large data${'.a'.repeat(31)}`],
    ['one object again and again', () => shopWith('data', doubling(28)), 'too-large '],
    ['millions of rules', () => shopWith('access', many(3_000_000, rule)), 'too-large access'],
    ['a long list with nothing in it', () => shopWith('access', holes(4e9)), 'too-large access'],
  ])(
    '%s',
    (_, make, ...errors) => {
      expect(errorsOf(make())).toEqual(errors);
    },
    PATIENCE_MS,
  );
});

describe('an element of the model', () => {
  const issuer = 'identity.providers.people.issuer';
  const jwksUri = 'identity.providers.people.jwksUri';
  const pipeline = shop().identity!.pipelines!['deploy'];
  const audiences = { orders: 'a', ordrs: 'b', payments: 'c', web: 'd' };
  const worker = { kind: 'workload', service: 'orders' };

  // The value at the path is what is wrong, unless another path is given.
  test.each<[string, string, unknown, string, string?]>([
    ['an unknown key', 'acess', [], 'unknown-key'],
    ['an unknown key of a service', 'services.web.hosts', [], 'unknown-key'],
    [
      'a service called __proto__',
      'services',
      JSON.parse('{"__proto__":{}}'),
      'forbidden-key',
      'services.__proto__',
    ],
    ['a service called constructor', 'services.constructor', { protocol: 'http' }, 'forbidden-key'],
    ['a service called gateway', 'services.gateway', { protocol: 'http' }, 'reserved-name'],
    ['a service in upper case', 'services.Web', { protocol: 'http' }, 'invalid-name'],
    ['a list in place of services', 'services', [], 'wrong-type'],
    ['a map in place of services', 'services', new Map(), 'not-plain-data'],
    ['null in place of a service', 'services.web', null, 'wrong-type'],
    ['null in place of identity', 'identity', null, 'wrong-type'],
    ['an object in place of access', 'access', { 0: rule }, 'wrong-type'],
    ['too many rules', 'access', many(50_001, rule), 'too-many'],
    ['a hole among the rules', 'access', holes(1), 'missing', 'access[0]'],
    ['an unknown protocol', 'services.web.protocol', 'HTTP', 'unknown-value'],
    ['an environment of 41 letters', 'environment', 'e'.repeat(41), 'invalid-name'],
    ['an environment that is a path', 'environment', '../prod', 'invalid-name'],
    ['an environment and a line break', 'environment', 'prod\n', 'invalid-name'],
    ['an environment without a name', 'environment', '', 'invalid-name'],
    ['a trust domain in upper case', 'trustDomain', 'Shop.example', 'trust-domain'],
    ['a trust domain that is an address', 'trustDomain', '10.0.0.1', 'trust-domain'],
    ['a trust domain that is a URL', 'trustDomain', 'spiffe://shop.example', 'trust-domain'],
    ["anybody's trust domain", 'trustDomain', 'cluster.local', 'trust-domain'],
    ['a host with a port', 'services.web.host', 'www.shop.example:443', 'host-syntax'],
    ['a host with a wildcard', 'services.web.host', '*.shop.example', 'host-syntax'],
    ['a host that is not ASCII', 'services.web.host', 'www.schön.example', 'host-syntax'],
    ['an issuer without TLS', issuer, 'http://id.shop.example', 'insecure-url'],
    ['an issuer that is no URL', issuer, 'id.shop.example', 'insecure-url'],
    ['an issuer with a query', issuer, 'https://id.shop.example/?a=b', 'invalid-url'],
    ['an issuer with a user', issuer, 'https://a:b@id.shop.example', 'invalid-url'],
    ['an issuer of a megabyte', issuer, `https://id.shop.example/${megabyte}`, 'too-long'],
    [
      'an issuer twice',
      'identity.providers.staff',
      shop().identity!.providers!['people'],
      'issuer-conflict',
      'identity.providers.staff.issuer',
    ],
    ['keys with a fragment', jwksUri, 'https://id.shop.example/jwks#', 'invalid-url'],
    ['keys at an address', jwksUri, 'https://169.254.169.254/jwks', 'invalid-url'],
    ['keys at an address in disguise', jwksUri, 'https://0x7f.1/jwks', 'invalid-url'],
    ['keys above their folder', jwksUri, 'https://id.shop.example/a/../jwks', 'invalid-url'],
    [
      'no signature',
      'identity.providers.people.algorithms',
      ['none'],
      'unknown-value',
      'identity.providers.people.algorithms[0]',
    ],
    [
      'a shared secret',
      'identity.providers.people.algorithms',
      ['HS256'],
      'unknown-value',
      'identity.providers.people.algorithms[0]',
    ],
    [
      'an audience of an unknown service',
      'identity.providers.people.audiences',
      audiences,
      'unknown-service',
      'identity.providers.people.audiences.ordrs',
    ],
    [
      'an unknown service that shares',
      'identity.providers.people.sharedAudience',
      ['web', 'x'],
      'unknown-service',
      'identity.providers.people.sharedAudience[1]',
    ],
    ['a provider and a pipeline of one name', 'identity.pipelines.people', pipeline, 'duplicate-name'],
    ['a leaf of a second', 'authority.leafLifetimeSeconds', 1, 'out-of-range'],
    ['a leaf of a year', 'authority.leafLifetimeSeconds', 31_536_000, 'out-of-range'],
    ['any origin', 'services.web.cors', { origins: ['*'] }, 'cors-origin', 'services.web.cors.origins[0]'],
    [
      'the origin null',
      'services.web.cors',
      { origins: ['null'] },
      'cors-origin',
      'services.web.cors.origins[0]',
    ],
    [
      'an origin with a path',
      'services.web.cors',
      { origins: ['https://a.example/'] },
      'cors-origin',
      'services.web.cors.origins[0]',
    ],
    [
      'a method of CORS',
      'services.web.cors',
      { origins: ['https://a.example'], methods: ['*'] },
      'invalid-method',
      'services.web.cors.methods[0]',
    ],
    [
      'a header of CORS',
      'services.web.cors',
      { origins: ['https://a.example'], headers: ['X-A'] },
      'invalid-header-name',
      'services.web.cors.headers[0]',
    ],
    ['an audience with a space', 'services.web.audience', 'a b', 'invalid-audience'],
    ['a namespace that is a path', 'authority.namespace', 'a/b', 'invalid-namespace'],
    ['a token type', 'identity.providers.people.tokenType', 'at jwt', 'invalid-token-type'],
    ['a claim on no way', 'identity.providers.people.groupsClaim', [], 'invalid-claim-path'],
    ['evidence of nothing', 'identity.providers.people.mfa', 'amr', 'invalid-evidence'],
    [
      'too many claims',
      'identity.pipelines.deploy.claims',
      Object.fromEntries(many(33, 'a').map((_, index) => [`c${index}`, 'a'])),
      'too-many',
    ],
    [
      'an opt-out for no reason',
      'optOuts',
      [{ rule: 'shared-audience', reason: '', expires: '2027-01-01' }],
      'missing-reason',
      'optOuts[0].reason',
    ],
    ['login as a switch', 'services.web.login', true, 'wrong-type'],
    [
      'login at nobody',
      'services.web.login',
      { provider: 'peple', clientId: 'web' },
      'unknown-provider',
      'services.web.login.provider',
    ],
    ...(
      [
        ['a resource that is no URL', { resource: 'x y' }, 'invalid-resource'],
        ['a resource in clear text', { resource: 'http://a.example/' }, 'invalid-resource'],
        ['a client without an id', { clientId: '' }, 'invalid-client-id'],
        ['a client whose id has two lines', { clientId: 'a\nb' }, 'invalid-client-id'],
      ] as const
    ).map(([what, change, code]): [string, string, unknown, string, string] => [
      `login for ${what}`,
      'services.web.login',
      { provider: 'people', clientId: 'web', ...change },
      code,
      `services.web.login.${Object.keys(change)[0]}`,
    ]),
    [
      'login in clear text',
      'identity.providers.people.endpoints',
      { authorization: 'http://a.example/a', token: 'https://a.example/t' },
      'insecure-url',
      'identity.providers.people.endpoints.authorization',
    ],
    ['a WebSocket', 'services.web.webSocket', true, 'not-supported-yet'],
    ['another engine', 'services.web.runsOn', 'aws', 'not-supported-yet'],
    [
      'a database for users',
      'services.store',
      { protocol: 'tcp', host: 'store.shop.example' },
      'tcp-public-host',
      'services.store.host',
    ],
    ['data without a label', 'data.orders', { principals: [worker] }, 'missing', 'data.orders.label'],
    [
      'a label that is no name',
      'data.orders',
      { label: 'Top Secret', principals: [worker] },
      'invalid-name',
      'data.orders.label',
    ],
    [
      'data for nobody',
      'data.orders',
      { label: 'open', principals: [] },
      'too-few',
      'data.orders.principals',
    ],
    [
      'data for a workload that is not there',
      'data.orders',
      { label: 'open', principals: [{ kind: 'workload', service: 'nobody' }] },
      'unknown-service',
      'data.orders.principals[0].service',
    ],
    [
      'data for a user',
      'data.orders',
      { label: 'open', principals: [{ ...worker, forUser: { kind: 'user' } }] },
      'unknown-key',
      'data.orders.principals[0].forUser',
    ],
  ])('%s', (_, path, value, code, at = path) => {
    expect(errorsOf(shopWith(path, value))).toEqual([`${code} ${at}`]);
  });

  test('a host twice, which also makes one audience of two', () => {
    expect(errorsOf(shopWith('services.web.host', 'orders.shop.example'))).toEqual([
      'undeclared-shared-audience identity.providers.people',
      'duplicate-host services.web.host',
    ]);
  });
});
