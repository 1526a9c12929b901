/**
 * Requests near and beyond the border of the canonical grammar, as bytes. The numbers are rows of the
 * table of known divergences between enforcement points (`docs/policy.md`).
 */
export interface Sample {
  readonly name: string;
  readonly pitfall?: number;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The bytes in HTTP/1.1, if they are not the plain spelling of the above; `trace` is a header line. */
  readonly http1?: (trace: string) => string;
  /** The fields in HTTP/2, if they are not the plain ones. */
  readonly http2?: (trace: readonly [string, string]) => readonly (readonly [string, string])[];
}

/** The host that the points serve. */
export const HOST = 'orders.shop.example';

const plain: Sample = { name: '', method: 'GET', path: '/a', host: HOST, headers: [] };

function sample(name: string, changes: Partial<Sample>): Sample {
  return { ...plain, ...changes, name };
}

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

/** What is no request at all, or one that two parsers may cut differently. */
const framing: Sample[] = [
  sample('HTTP/1.0', { http1: (trace) => `GET /a HTTP/1.0\r\nhost: ${HOST}\r\n${trace}\r\n\r\n` }),
  sample('HTTP/0.9', { http1: () => 'GET /a\r\n\r\n' }),
  sample('HTTP/1.2', { http1: (trace) => `GET /a HTTP/1.2\r\nhost: ${HOST}\r\n${trace}\r\n\r\n` }),
  sample('HTTP/2.0 in a request line', {
    http1: (trace) => `GET /a HTTP/2.0\r\nhost: ${HOST}\r\n${trace}\r\n\r\n`,
  }),
  sample('no host', {
    host: '',
    http1: (trace) => `GET /a HTTP/1.1\r\n${trace}\r\n\r\n`,
    http2: (trace) => [[':method', 'GET'], [':scheme', 'https'], [':path', '/a'], trace],
  }),
  // White space around the target is tidied away before anything is judged, and the tidy form is forwarded.
  sample('two spaces before the target', {
    http1: (trace) => `GET  /a HTTP/1.1\r\nhost: ${HOST}\r\n${trace}\r\n\r\n`,
  }),
  sample('a tab before the target', {
    http1: (trace) => `GET\t/a HTTP/1.1\r\nhost: ${HOST}\r\n${trace}\r\n\r\n`,
  }),
  sample('two spaces after the target', {
    http1: (trace) => `GET /a  HTTP/1.1\r\nhost: ${HOST}\r\n${trace}\r\n\r\n`,
  }),
  sample('a space in the target', { path: '/a b' }),
  sample('an empty line first', {
    http1: (trace) => `\r\nGET /a HTTP/1.1\r\nhost: ${HOST}\r\n${trace}\r\n\r\n`,
  }),
  sample('lines that end with a line feed alone', {
    http1: (trace) => `GET /a HTTP/1.1\nhost: ${HOST}\n${trace}\n\n`,
  }),
  sample('a carriage return alone in a value', { headers: [['x-a', 'a\rb']] }),
  sample('a line feed in a value', { headers: [['x-a', 'a\nx-b: c']] }),
  sample('a NUL in a value', { headers: [['x-a', 'a\u0000b']] }),
  sample('a folded value', {
    headers: [['x-a', 'a']],
    http1: (trace) => `GET /a HTTP/1.1\r\nhost: ${HOST}\r\nx-a: a\r\n b\r\n${trace}\r\n\r\n`,
  }),
  sample('a space before a colon', {
    headers: [['x-a ', '1']],
    http1: (trace) => `GET /a HTTP/1.1\r\nhost: ${HOST}\r\nx-a : 1\r\n${trace}\r\n\r\n`,
  }),
  sample('a header without a name', { headers: [['', '1']] }),
  sample('a header name in upper case', { headers: [['X-A', '1']] }),
  sample('a header name with a space', { headers: [['x a', '1']] }),
  sample('a header name with a byte above 0x7f', { headers: [['x-\u00e9', '1']] }),
  sample('length and chunks', {
    method: 'POST',
    headers: [
      ['content-length', '3'],
      ['transfer-encoding', 'chunked'],
    ],
    http1: (trace) =>
      `POST /a HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n${trace}\r\n\r\n0\r\n\r\n`,
  }),
  sample('two lengths', {
    method: 'POST',
    headers: [
      ['content-length', '3'],
      ['content-length', '4'],
    ],
    http1: (trace) =>
      `POST /a HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 3\r\ncontent-length: 4\r\n${trace}\r\n\r\nabcd`,
  }),
  ...['+3', '-1', '3,3', '0x3', ''].map((length) =>
    sample(`length ${JSON.stringify(length)}`, { method: 'POST', headers: [['content-length', length]] }),
  ),
  ...['gzip', 'chunked, identity', 'xchunked', 'chunked, chunked', 'Chunked', 'identity'].map((coding) =>
    sample(`transfer coding ${coding}`, {
      method: 'POST',
      headers: [['transfer-encoding', coding]],
      http1: (trace) =>
        `POST /a HTTP/1.1\r\nhost: ${HOST}\r\ntransfer-encoding: ${coding}\r\n${trace}\r\n\r\n0\r\n\r\n`,
    }),
  ),
  sample('a chunk of no size', {
    method: 'POST',
    headers: [['transfer-encoding', 'chunked']],
    http1: (trace) =>
      `POST /a HTTP/1.1\r\nhost: ${HOST}\r\ntransfer-encoding: chunked\r\n${trace}\r\n\r\nzz\r\n\r\n`,
  }),
  sample('an upgrade to a socket', {
    headers: [
      ['connection', 'upgrade'],
      ['upgrade', 'websocket'],
    ],
  }),
  sample('an upgrade to HTTP/2', {
    headers: [
      ['connection', 'upgrade, http2-settings'],
      ['upgrade', 'h2c'],
      ['http2-settings', 'AAMAAABkAAQAAP__'],
    ],
  }),
  sample('a header above 60 KiB', { headers: [['x-a', 'a'.repeat(70_000)]] }),
  sample('many headers', {
    headers: Array.from({ length: 200 }, (_, at): [string, string] => [`x-${at}`, '1']),
  }),
  sample('a target of 8 KiB', { path: `/a?${'x'.repeat(8192)}` }),
  sample('a path of 4,000 segments', { path: '/a'.repeat(4000) }),
  sample('te: gzip', { headers: [['te', 'gzip']] }),
  sample('keep-alive header', { headers: [['keep-alive', '1']] }),
  sample('connection: close', {
    headers: [
      ['connection', 'x-a'],
      ['x-a', '1'],
    ],
  }),
  sample('expect: 100-continue', {
    method: 'POST',
    headers: [
      ['expect', '100-continue'],
      ['content-length', '0'],
    ],
  }),
];

/** What only HTTP/2 can spell. */
const http2Only: Sample[] = [
  sample('two paths', {
    path: '/admin/x',
    http2: (trace) => [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', HOST],
      [':path', '/a'],
      [':path', '/admin/x'],
      trace,
    ],
  }),
  sample('no path', {
    path: '',
    http2: (trace) => [[':method', 'GET'], [':scheme', 'https'], [':authority', HOST], trace],
  }),
  sample('no method', {
    method: '',
    http2: (trace) => [[':scheme', 'https'], [':authority', HOST], [':path', '/a'], trace],
  }),
  sample('no scheme', {
    http2: (trace) => [[':method', 'GET'], [':authority', HOST], [':path', '/a'], trace],
  }),
  sample('another scheme', {
    http2: (trace) => [[':method', 'GET'], [':scheme', 'ftp'], [':authority', HOST], [':path', '/a'], trace],
  }),
  sample('scheme http', {
    http2: (trace) => [[':method', 'GET'], [':scheme', 'http'], [':authority', HOST], [':path', '/a'], trace],
  }),
  sample('an unknown pseudo-header', {
    http2: (trace) => [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', HOST],
      [':path', '/a'],
      [':role', 'admin'],
      trace,
    ],
  }),
  sample('a pseudo-header after a header', {
    http2: (trace) => [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', HOST],
      trace,
      [':path', '/a'],
    ],
  }),
  sample('host that differs from :authority', {
    pitfall: 14,
    host: HOST,
    http2: (trace) => [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', HOST],
      [':path', '/a'],
      ['host', 'evil.example'],
      trace,
    ],
  }),
  sample('host in place of :authority', {
    http2: (trace) => [[':method', 'GET'], [':scheme', 'https'], [':path', '/a'], ['host', HOST], trace],
  }),
  sample('extended CONNECT', {
    method: 'CONNECT',
    http2: (trace) => [
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'https'],
      [':authority', HOST],
      [':path', '/a'],
      trace,
    ],
  }),
  sample('CONNECT as HTTP/2 spells it', {
    method: 'CONNECT',
    path: '',
    http2: (trace) => [[':method', 'CONNECT'], [':authority', HOST], trace],
  }),
];

/** By protocol; in HTTP/1.1 the last are no requests. */
export const SAMPLES: Readonly<Record<1 | 2, readonly Sample[]>> = {
  1: [...everyByte, ...utf8, ...pitfalls, ...framing],
  2: [
    ...everyByte,
    ...utf8,
    ...pitfalls,
    ...framing.filter(({ http1, http2 }) => !http1 || http2),
    ...http2Only,
  ],
};
