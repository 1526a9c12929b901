import { FRAMING, HTTP2_ONLY } from './corpus-framing.js';
import { HOST, type Sample, sample } from './corpus-sample.js';

const hex = (byte: number) => byte.toString(16).padStart(2, '0');
const bytes = Array.from({ length: 256 }, (_, byte) => byte);
const character = (byte: number) => String.fromCharCode(byte);

/** Every byte raw, and every escape in both cases, in a path; every byte raw in a query. */
const everyByte: Sample[] = bytes.flatMap((byte) => [
  sample(`path with raw 0x${hex(byte)}`, { path: `/a${character(byte)}b` }),
  sample(`path with %${hex(byte).toUpperCase()}`, { path: `/a%${hex(byte).toUpperCase()}b` }),
  ...(/[a-f]/.test(hex(byte)) ? [sample(`path with %${hex(byte)}`, { path: `/a%${hex(byte)}b` })] : []),
  sample(`query with raw 0x${hex(byte)}`, { path: `/a?x=${character(byte)}y` }),
]);

/** UTF-8 at its borders: RFC 3629, and the Corrigendum to Unicode's shortest form. */
const utf8: Sample[] = [
  'C2%80',
  'C2%9F',
  'C2%A0',
  'C1%BF',
  'DF%BF',
  'DF%C0',
  'E0%9F%BF',
  'E0%A0%80',
  'E2%82%AC',
  'E2%82',
  'ED%9F%BF',
  'ED%A0%80',
  'EE%80%80',
  'EF%BF%BF',
  'EF%BB%BF',
  'F0%8F%BF%BF',
  'F0%90%80%80',
  'F0%9F%98%80',
  'F4%8F%BF%BF',
  'F4%90%80%80',
  'F5%80%80%80',
  'C3%A9',
  'c3%a9',
  'C3%A9%CC%81',
  'E2%80%AE',
  'C3%28',
  '80',
  'C3',
  'E2%80%A8',
].map((escapes) => sample(`UTF-8 %${escapes}`, { path: `/a%${escapes}b` }));

/** Rows of the table, in its order. */
const pitfalls: Sample[] = [
  ...['//', '//admin', '/a//b', '/a/', '/admin/', '/a//'].map((path) =>
    sample(`path ${path}`, { pitfall: 1, path }),
  ),
  ...['//admin/x', '/admin%2Fx', '/admin%2fx', '/%2Fadmin', '/a%5Cb', '/a%5c..', '/a\\b', '\\admin'].map(
    (path) => sample(`path ${path}`, { pitfall: 2, path }),
  ),
  ...[
    '/..',
    '/.',
    '/a/..',
    '/a/.',
    '/a/../admin',
    '/a/./b',
    '/../admin',
    '/info/../admin/x',
    '/...',
    '/..a',
    '/.a',
    '/a..',
  ].map((path) => sample(`path ${path}`, { pitfall: 3, path })),
  ...['/a#b', '/admin#x', '/#/admin', '/a?x#y'].map((path) => sample(`path ${path}`, { pitfall: 4, path })),
  ...[
    '/a%252e',
    '/a%25',
    '/%252e%252e/admin',
    '/a;x=1',
    '/a/..;/admin',
    '/admin;/x',
    '/a%3Bx',
    '/a%2E',
    '/%2E%2E/admin',
    '/%2e%2e/admin',
    '/%61dmin/x',
    '/a%3Fx',
    '/a%23x',
    '/a%',
  ].map((path) => sample(`path ${path}`, { pitfall: 5, path })),
  sample('path in another case', { pitfall: 6, path: '/Admin/x' }),
  sample('host in another case', { pitfall: 6, host: 'Orders.Shop.Example', path: '/admin/x' }),
  ...[':443', ':8443', ':0', ':99999', ':123456', ':', ':x', '.:443', '.', '..', ':443:443'].map((end) =>
    sample(`host with ${end}`, { pitfall: 7, host: `${HOST}${end}` }),
  ),
  ...[
    '',
    ' ',
    'unknown.example',
    `${HOST},evil.example`,
    `${HOST}/x`,
    `user@${HOST}`,
    `-`,
    '[::1]',
    '127.0.0.1',
    `.${HOST}`,
    'a b',
    'örders',
    'a..b',
    '*',
    `${HOST}%00`,
    'web_1.example',
  ].map((host) => sample(`host ${JSON.stringify(host)}`, { pitfall: 7, host })),
  ...['/admin/', '/a/b/', '/?', '/'].map((path) => sample(`path ${path}`, { pitfall: 8, path })),
  ...['/adminx', '/admi', '/admin', '/admin/x', '/adminx/y', '/admin?x=/a'].map((path) =>
    sample(`path ${path}`, { pitfall: 9, path }),
  ),
  ...[
    'get',
    'Get',
    'TRACE',
    'CONNECT',
    'FOO',
    'PROPFIND',
    'PATCH',
    'PUT',
    'DELETE',
    'OPTIONS',
    'HEAD',
    'POST',
    'G',
    'GET\u0000',
    'PRI',
  ].map((method) => sample(`method ${JSON.stringify(method)}`, { pitfall: 12, method, path: '/admin/x' })),
  ...['x-http-method-override', 'x-http-method', 'x-method-override'].map((name) =>
    sample(`${name}: GET`, { pitfall: 12, method: 'POST', path: '/a', headers: [[name, 'DELETE']] }),
  ),
  ...['a', 'admin/x', '*', '', 'http:/a', '?', '?/a', '.', '..'].map((path) =>
    sample(`target ${JSON.stringify(path)}`, { pitfall: 13, path }),
  ),
  ...['http', 'https', 'HTTP', 'ftp'].map((scheme) =>
    sample(`absolute form, ${scheme}`, { pitfall: 13, path: `${scheme}://${HOST}/a` }),
  ),
  sample('absolute form of another host', { pitfall: 13, path: 'http://evil.example/a' }),
  sample('authority form', { pitfall: 13, path: `${HOST}:443` }),
  sample('two of a header', {
    pitfall: 14,
    headers: [
      ['x-a', '1'],
      ['x-a', '2'],
    ],
  }),
  sample('two hosts', {
    pitfall: 14,
    host: `${HOST},evil.example`,
    http1: (trace) => `GET /a HTTP/1.1\r\nhost: ${HOST}\r\nhost: evil.example\r\n${trace}\r\n\r\n`,
    http2: (trace) => [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', HOST],
      [':authority', 'evil.example'],
      [':path', '/a'],
      trace,
    ],
  }),
  sample('the same host twice', {
    pitfall: 14,
    host: `${HOST},${HOST}`,
    http1: (trace) => `GET /a HTTP/1.1\r\nhost: ${HOST}\r\nhost: ${HOST}\r\n${trace}\r\n\r\n`,
    http2: (trace) => [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', HOST],
      [':path', '/a'],
      ['host', HOST],
      ['host', HOST],
      trace,
    ],
  }),
  ...['x_role', '_', 'x-forwarded_for', 'content_length', 'host_'].map((name) =>
    sample(`header ${name}`, { pitfall: 15, headers: [[name, '1']] }),
  ),
  ...[
    'x-rewrite-url',
    'x-original-url',
    'x-original-uri',
    'x-forwarded-uri',
    'x-envoy-original-path',
    'x-envoy-decorator-operation',
    'x-envoy-retry-on',
    'x-envoy-upstream-alt-stat-name',
    'forwarded',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-prefix',
    'x-real-ip',
  ].map((name) => sample(`header ${name}`, { pitfall: 11, path: '/admin/x', headers: [[name, '/a']] })),
  sample('token in the query', { pitfall: 25, path: '/a?access_token=a.b.c' }),
  sample('forged preflight', {
    pitfall: 32,
    method: 'OPTIONS',
    path: '/admin/x',
    headers: [
      ['origin', 'https://evil.example'],
      ['access-control-request-method', 'GET'],
    ],
  }),
];

/** By protocol; in HTTP/1.1 the last are no requests. */
export const SAMPLES: Readonly<Record<1 | 2, readonly Sample[]>> = {
  1: [...everyByte, ...utf8, ...pitfalls, ...FRAMING],
  2: [
    ...everyByte,
    ...utf8,
    ...pitfalls,
    ...FRAMING.filter(({ http1, http2 }) => !http1 || http2),
    ...HTTP2_ONLY,
  ],
};
