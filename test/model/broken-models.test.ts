import { allow, InvalidModelError, resolve, user, workload } from '../../lib/index.js';
import { shop, shopWith, shopWithRule } from './shop.js';
import { cyclic, doubling, fail, holes, many, nested } from './strange-values.js';

const now = new Date('2026-11-20T12:00:00Z');

/** Every error of the model, as `code path`. Nothing but an InvalidModelError is thrown. */
function errorsOf(model: unknown): string[] {
  try {
    resolve(model, { now });
  } catch (error) {
    if (!(error instanceof InvalidModelError)) throw error;
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error');
    // Each says what would do, or what to do.
    expect(errors.filter(({ expected, remedy }) => (expected ?? remedy) === undefined)).toEqual([]);
    return errors.map(({ code, path }) => `${code} ${path}`);
  }
  return [];
}

const rule = { effect: 'allow', principals: [{ kind: 'anyone' }], service: 'web', operations: ['GET /x'] };
const person = { kind: 'user', issuer: 'people' };
const megabyte = 'x'.repeat(1_000_000);
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

describe('a rule', () => {
  // What differs from a right rule, and where in the rule the error is.
  test.each<[string, object, string, string]>([
    ['an unknown effect', { effect: 'permit' }, 'unknown-value', '.effect'],
    ['an unknown key', { priority: 1 }, 'unknown-key', '.priority'],
    ['a condition of a deny', { unless: [] }, 'condition-placement', '.unless'],
    ['a condition of an allow', { effect: 'deny', when: [] }, 'condition-placement', '.when'],
    ['no principals', { principals: [] }, 'too-few', '.principals'],
    ['no operations', { operations: [] }, 'too-few', '.operations'],
    ['an unknown service', { service: 'wbe' }, 'unknown-service', '.service'],
    ['a service called constructor', { service: 'constructor' }, 'unknown-service', '.service'],
    ['the name of another rule', { name: 'read-orders' }, 'duplicate-name', '.name'],
    [
      'an audit to a day that is not',
      { audit: { until: '2027-02-30', reason: 'x' } },
      'invalid-date',
      '.audit.until',
    ],
    ['an end on a day that is not', { until: '2027-02-30' }, 'invalid-date', '.until'],
    ['an end without a zone', { until: '2027-02-03T18:00:00' }, 'invalid-date', '.until'],
    ['the end of a deny', { effect: 'deny', until: '2027-02-03' }, 'unknown-key', '.until'],
    ['an audit to a date object', { audit: { until: now, reason: 'x' } }, 'not-plain-data', '.audit.until'],
    [
      'an audit for no reason',
      { audit: { until: '2027-02-03', reason: ' ' } },
      'missing-reason',
      '.audit.reason',
    ],
  ])('%s', (_, change, code, at) => {
    expect(errorsOf(shopWithRule({ ...rule, ...change }))).toEqual([`${code} access[5]${at}`]);
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'wrong-type access[5]'],
    ['a list', [], 'wrong-type access[5]'],
    ['a rule without its end', allow(user()), 'incomplete-rule access[5]'],
    ['the same rule again', shop().access[0], 'duplicate-rule access[5]'],
  ])('%s', (_, value, error) => {
    expect(errorsOf(shopWithRule(value))).toEqual([error]);
  });

  test.each<[string, unknown, string, string?]>([
    ['of an unknown kind', { kind: 'group' }, 'unknown-value', '.kind'],
    ['an unknown workload', { kind: 'workload', service: 'ordrs' }, 'unknown-service', '.service'],
    ['an unknown provider', user({ issuer: 'peopel' }), 'unknown-provider', '.issuer'],
    [
      'an unknown provider acted for',
      workload('web').onBehalfOf(user({ issuer: 'x' })),
      'unknown-provider',
      '.forUser.issuer',
    ],
    ['an unknown pipeline', { kind: 'pipeline', pipeline: 'x' }, 'unknown-pipeline', '.pipeline'],
    ['half a character', { ...person, groups: ['\ud800'] }, 'invalid-text', '.groups[0]'],
    ['an empty group', { ...person, groups: [''] }, 'invalid-group', '.groups[0]'],
    ['no group at all', { ...person, groups: [] }, 'empty-selector', '.groups'],
    ['no claim at all', { ...person, claims: {} }, 'empty-selector', '.claims'],
    ['two scopes in one', { ...person, scopes: ['a b'] }, 'invalid-scope', '.scopes[0]'],
    ['a claim of a megabyte', { ...person, claims: { a: megabyte } }, 'too-long', '.claims.a'],
    ['a claim that is NaN', { ...person, claims: { a: Number.NaN } }, 'claim-value', '.claims.a'],
    ['a claim that is null', { ...person, claims: { a: null } }, 'claim-value', '.claims.a'],
    ['a claim that is empty', { ...person, claims: { a: '' } }, 'claim-value', '.claims.a'],
    ['a claim beyond 2^53', { ...person, claims: { a: 2 ** 53 } }, 'claim-value', '.claims.a'],
    ['a claim that is a fraction', { ...person, claims: { a: 0.1 } }, 'claim-value', '.claims.a'],
    ['a claim with an empty name', { ...person, claims: { '': 'a' } }, 'invalid-name', '.claims[""]'],
  ])('whose principal is %s', (_, principal, code, at = '') => {
    const errors = errorsOf(shopWithRule({ ...rule, principals: [principal] }));
    expect(errors).toEqual([`${code} access[5].principals[0]${at}`]);
  });

  test.each<[string, unknown, string, string?]>([
    ['is unknown', { kind: 'weather' }, 'unknown-value', '.kind'],
    ['is a duration in words', { kind: 'signedInWithin', seconds: '15m' }, 'invalid-seconds', '.seconds'],
    ['is a duration of nothing', { kind: 'signedInWithin', seconds: 0 }, 'out-of-range', '.seconds'],
    [
      'is a duration without end',
      { kind: 'signedInWithin', seconds: Infinity },
      'invalid-seconds',
      '.seconds',
    ],
    [
      'is a range without bits',
      { kind: 'sourceNetwork', ranges: ['10.0.0.1'] },
      'invalid-range',
      '.ranges[0]',
    ],
    [
      'is an address in a range',
      { kind: 'sourceNetwork', ranges: ['10.0.0.1/8'] },
      'invalid-range',
      '.ranges[0]',
    ],
    [
      'is a mapped range',
      { kind: 'sourceNetwork', ranges: ['::ffff:a00:0/104'] },
      'invalid-range',
      '.ranges[0]',
    ],
    [
      'is a number not to be',
      { kind: 'claim', claim: 'a', test: 'presentAndNot', value: 1 },
      'claim-not-text',
      '.value',
    ],
  ])('whose condition %s', (_, condition, code, at = '') => {
    const errors = errorsOf(shopWithRule({ ...rule, principals: [person], when: [condition] }));
    expect(errors).toEqual([`${code} access[5].when[0]${at}`]);
  });

  test.each<[string, unknown, string?]>([
    ['is not ASCII', 'GET /straße'],
    ['has an escape', 'GET /a%2fb'],
    ['goes up', 'GET /a/../b'],
    ['has an empty segment', 'GET //a'],
    ['ends with a slash', 'GET /a/'],
    ['has stars in the middle', 'GET /**/a'],
    ['is a regular expression', 'GET /a.*$'],
    ['has one name twice', 'GET /{a}/{a}'],
    ['has a method in lower case', 'get /a'],
    ['has no method', '/a'],
    ['is a number', 5],
    ['is a megabyte', `GET /${megabyte}`, 'operation-too-long'],
    ['is a connection', 'tcp', 'operation-protocol'],
    ['is a method of a gRPC service', 'rpc a.B/C', 'operation-protocol'],
  ])('whose operation %s', (_, operation, code = 'invalid-operation') => {
    const errors = errorsOf(shopWithRule({ ...rule, operations: [operation] }));
    expect(errors).toEqual([`${code} access[5].operations[0]`]);
  });

  test('with overlapping templates', () => {
    const errors = errorsOf(shopWithRule({ ...rule, operations: ['GET /a/{x}', 'GET /a/{y}'] }));
    expect(errors).toEqual(['overlapping-operations access[5].operations[1]']);
  });

  test('that denies a group', () => {
    const errors = errorsOf(
      shopWithRule({ ...rule, effect: 'deny', principals: [{ ...person, groups: ['a'] }] }),
    );
    expect(errors).toEqual(['deny-principal access[5].principals[0].groups']);
  });

  test('that closes a circle of delegation', () => {
    const acting = (service: string) => [{ kind: 'workload', service, forUser: person }];
    const there = { ...rule, principals: acting('web'), service: 'orders' };
    const back = { ...rule, principals: acting('orders'), service: 'web' };
    expect(errorsOf({ ...shop(), access: [...shop().access, there, back] })).toEqual([
      'delegation-cycle access[5].principals[0].forUser',
    ]);
  });

  test('with a claim whose name is a megabyte, of which the path shows the beginning', () => {
    const errors = errorsOf(
      shopWithRule({ ...rule, principals: [{ ...person, claims: { [megabyte]: 'a' } }] }),
    );
    const shown = `"${'x'.repeat(119)}… (1000002 characters)`;
    expect(errors).toEqual([`invalid-name access[5].principals[0].claims[${shown}]`]);
  });
});

test('a typo is answered with the name that was meant', () => {
  expect(remedyOf(shopWithRule({ ...rule, service: 'wbe' }))).toBe('did you mean "web"?');
  expect(remedyOf(shopWithRule({ ...rule, service: 'warehouse' }))).not.toContain('did you mean');
});

function remedyOf(model: unknown): string | undefined {
  try {
    resolve(model, { now });
  } catch (error) {
    if (error instanceof InvalidModelError) return error.diagnostics[0]?.remedy;
  }
  return undefined;
}
