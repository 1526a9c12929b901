import { NOW } from '../../policy/fixture.js';
import { API, restEvent, httpEvent, tokenOf } from './testbed.js';

/** A crafted event; none may be admitted. */
export type HostileEvent = readonly [what: string, event: unknown];

const token = tokenOf();
const bearer = `Bearer ${token}`;
const good = restEvent({ token });
const simple = httpEvent({ token });
const withHeaders = (...headers: [string, string][]) => restEvent({ headers });
const without = (event: object, path: string): unknown => {
  const copy = JSON.parse(JSON.stringify(event)) as Record<string, never>;
  const [last = '', ...before] = path.split('.').toReversed();
  const at = before.reduceRight<Record<string, never>>((value, name) => value[name]!, copy);
  delete at[last];
  return copy;
};
const changed = (event: object, over: object) => ({ ...event, ...over });
const inContext = (over: object) => changed(good, { requestContext: { ...good.requestContext, ...over } });

const PATHS = [
  '',
  '*',
  'orders',
  '//orders',
  '/orders/',
  '/./orders',
  '/orders/.',
  '/orders/..',
  '/x/../orders',
  '/orders//7',
  '/orders;a=b',
  '/orders/7;a',
  '/orders/%37',
  '/orders/%2e%2e',
  '/orders/%2E%2E/x',
  '/%6Frders',
  '/orders%2F7',
  '/orders%5C7',
  '/orders/%252F',
  '/orders/%00',
  '/orders/%0A',
  '/orders/%7F',
  '/orders/%c3%a9',
  '/orders/%C0%AE',
  '/orders/%ED%A0%80',
  '/orders/%',
  '/orders/%zz',
  '/orders/é',
  '/orders/a b',
  '/orders/a"b',
  '/orders\\7',
  '/orders/\u0000',
  '/orders/7\n',
  '/orders?x=1',
  '/orders/7#x',
  '/orders/*',
  '/orders/a*',

  'http://x/orders',
  '/Orders',
  '/ORDERS',
  '/orders/7/8',
  '/public/../orders',
  `/orders/${'a'.repeat(600)}`,
];

export const HOSTILE_EVENTS: readonly HostileEvent[] = [
  ...[
    undefined,
    null,
    0,
    1,
    '',
    'event',
    true,
    [],
    [good],
    {},
    { version: '2.0' },
    { type: 'TOKEN', authorizationToken: bearer, methodArn: good.methodArn },
  ].map((event): HostileEvent => [`the event ${JSON.stringify(event)?.slice(0, 60)}`, event]),
  ...['methodArn', 'path', 'httpMethod', 'multiValueHeaders', 'requestContext', 'requestContext.apiId'].map(
    (path): HostileEvent => [
      `REST without ${path}`,
      path === 'multiValueHeaders'
        ? changed(good, { multiValueHeaders: {}, headers: {} })
        : without(good, path),
    ],
  ),
  ...[
    'routeArn',
    'rawPath',
    'headers',
    'requestContext',
    'requestContext.apiId',
    'requestContext.http',
    'requestContext.http.method',
    'requestContext.http.path',
  ].map((path): HostileEvent => [`HTTP without ${path}`, without(simple, path)]),
  ...[null, 5, [], {}, ''].flatMap((value): HostileEvent[] =>
    ['methodArn', 'path', 'httpMethod', 'multiValueHeaders', 'requestContext'].map((name) => [
      `REST with ${name} ${JSON.stringify(value)}`,
      changed(good, { [name]: value, ...(name === 'multiValueHeaders' && { headers: {} }) }),
    ]),
  ),
  ...PATHS.map(
    (path): HostileEvent => [`the path ${JSON.stringify(path).slice(0, 50)}`, restEvent({ token, path })],
  ),
  ...PATHS.map(
    (path): HostileEvent => [
      `the HTTP path ${JSON.stringify(path).slice(0, 50)}`,
      httpEvent({ token, path }),
    ],
  ),
  ['an HTTP path with an escape', httpEvent({ token, path: '/orders/a%20b' })],
  [
    'an HTTP path with an escape, payload 1.0',
    changed(restEvent({ token, path: '/orders/a%20b' }), { version: '1.0' }),
  ],
  ['a stage that is not the ARN’s', httpEvent({ token, stage: 'live', path: '/orders', arnStage: 'test' })],
  ['the path of another stage', httpEvent({ token, stage: 'live', rawPath: '/test/orders' })],
  ['a stage’s name twice', httpEvent({ token, stage: 'live', rawPath: '/live/live/orders' })],
  ['a stage’s name without a path', httpEvent({ token, stage: 'live', path: '', rawPath: '/live' })],
  [
    'a path behind a stage that the ARN has not',
    httpEvent({ token, stage: 'live', rawPath: '/live/public/a' }),
  ],
  ...['get', 'Get', 'TRACE', 'CONNECT', 'PROPFIND', '*', 'GET ', '', 'HEAD', 'OPTIONS', 'DELETE'].map(
    (method): HostileEvent => [`the method ${JSON.stringify(method)}`, restEvent({ token, method })],
  ),
  ['the ARN of another API', changed(good, { methodArn: good.methodArn.replace(API, 'other') })],
  ['the ARN of another method', changed(good, { methodArn: good.methodArn.replace('/GET/', '/POST/') })],
  ['the ARN of another path', changed(good, { methodArn: `${good.methodArn}/7` })],
  [
    'an ARN that ends alike',
    changed(good, { methodArn: good.methodArn.replace('/prod/GET/', '/prod/GET/x/prod/GET/') }),
  ],
  ['an ARN of every method', changed(good, { methodArn: good.methodArn.replace('/GET/orders', '/*/*') })],
  [
    'the ARN of another service of AWS',
    changed(good, { methodArn: good.methodArn.replace('execute-api', 'lambda') }),
  ],
  ['two paths', inContext({ path: '/prod/public/a' })],
  ['a path behind another stage', inContext({ path: '/other/orders' })],
  ['two methods', inContext({ httpMethod: 'POST' })],
  ['an API that is not configured', inContext({ apiId: 'other' })],
  ['an API by a number', inContext({ apiId: 7 })],
  ['an API by a name of every object', inContext({ apiId: 'constructor' })],
  ['two tokens', withHeaders(['Authorization', bearer], ['Authorization', bearer])],
  ['two tokens by two spellings', withHeaders(['Authorization', bearer], ['authorization', bearer])],
  ['a token and a password', withHeaders(['Authorization', bearer], ['AUTHORIZATION', 'Basic YTpi'])],
  ['an empty header before the token', withHeaders(['authorization', ''], ['Authorization', bearer])],
  ['two tokens in a list', withHeaders(['Authorization', `${bearer}, ${bearer}`])],
  [
    'two HTTP headers, joined',
    httpEvent({
      headers: [
        ['authorization', bearer],
        ['authorization', bearer],
      ],
    }),
  ],
  ...['bearer', 'BEARER', 'Bearer ', ' Bearer', 'Bearer\t', 'Token', 'Basic', 'JWT', 'Bearer:', ''].map(
    (scheme): HostileEvent => [
      `the scheme ${JSON.stringify(scheme)}`,
      withHeaders(['Authorization', `${scheme} ${token}`]),
    ],
  ),
  ['a proof’s scheme where none is taken', withHeaders(['Authorization', `DPoP ${token}`], ['DPoP', token])],
  ['the token alone', withHeaders(['Authorization', token])],
  ['the scheme alone', withHeaders(['Authorization', 'Bearer'])],
  ['the scheme and a space', withHeaders(['Authorization', 'Bearer '])],
  ['a space behind the token', withHeaders(['Authorization', `${bearer} `])],
  ['a comma behind the token', withHeaders(['Authorization', `${bearer},`])],
  ['a header that is a number', changed(good, { multiValueHeaders: { Authorization: [7] } })],
  ['a header that is an object', changed(good, { multiValueHeaders: { Authorization: { 0: bearer } } })],
  [
    'the token in the query',
    changed(restEvent({}), {
      queryStringParameters: { access_token: token },
      multiValueQueryStringParameters: { access_token: [token] },
    }),
  ],
  ['the token in a cookie', withHeaders(['Cookie', `access_token=${token}; Authorization=${bearer}`])],
  ['the token in another header', withHeaders(['X-Access-Token', token], ['Proxy-Authorization', bearer])],
  ['a header with an underscore', restEvent({ token, headers: [['x_role', 'admin']] })],
  [
    'a method by an override',
    restEvent({ token, method: 'DELETE', headers: [['X-HTTP-Method-Override', 'GET']] }),
  ],
  ['a path by an override', restEvent({ token, path: '/admin', headers: [['X-Original-URL', '/orders']] })],
  ['a subject by a header', restEvent({ headers: [['X-Forwarded-User', 'alice']] })],
  ['an expired token on a public path', restEvent({ path: '/public/a', token: tokenOf({ exp: NOW - 60 }) })],
  [
    'a preflight of an unknown origin',
    restEvent({
      method: 'OPTIONS',
      headers: [
        ['Origin', 'https://evil.test'],
        ['Access-Control-Request-Method', 'GET'],
      ],
    }),
  ],
];
