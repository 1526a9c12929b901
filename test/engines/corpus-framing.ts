import { HOST, type Sample, sample } from './corpus-sample.js';

/** What is no request at all, or one that two parsers may cut differently. */
export const FRAMING: readonly Sample[] = [
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
export const HTTP2_ONLY: readonly Sample[] = [
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
