import { operationOf, parseOperation, segmentsOf } from '../../lib/policy/index.js';
import { isTarget } from './canonical-oracle.js';
import { allow, outcome, request } from './fixture.js';

describe('an operation', () => {
  test.each([
    ['GET /', { method: 'GET', segments: [], rest: false }],
    ['GET /**', { method: 'GET', segments: [], rest: true }],
    ['HEAD /orders', { method: 'HEAD', segments: ['orders'], rest: false }],
    ['POST /orders/{id}/items', { method: 'POST', segments: ['orders', undefined, 'items'], rest: false }],
    ['PUT /a/**', { method: 'PUT', segments: ['a'], rest: true }],
    ['PATCH /{a}/{b}', { method: 'PATCH', segments: [undefined, undefined], rest: false }],
    ['DELETE /{a}/**', { method: 'DELETE', segments: [undefined], rest: true }],
    [
      'OPTIONS /.well-known/a_b~c.d-e',
      { method: 'OPTIONS', segments: ['.well-known', 'a_b~c.d-e'], rest: false },
    ],
    ['GET /...', { method: 'GET', segments: ['...'], rest: false }],
    [
      'rpc shop.v1.Payments/Charge',
      { method: 'POST', segments: ['shop.v1.Payments', 'Charge'], rest: false },
    ],
    ['tcp', { method: 'CONNECT', segments: [], rest: false }],
    ['rpc Payments/Charge', { method: 'POST', segments: ['Payments', 'Charge'], rest: false }],
  ])('%s is read', (text, parsed) => {
    expect(parseOperation(text)).toEqual(parsed);
  });

  test.each([
    '',
    'GET',
    'GET/',
    'get /a',
    'TRACE /a',
    'CONNECT /a',
    'GET  /a',
    ' GET /a',
    'GET a',
    'GET ab',
    'GET ab/c',
    'GET //',
    'GET //**',
    'GET //a',
    'GET /a//b',
    'GET /a/',
    'GET /a/**/',
    'GET /a/**/b',
    'GET /**/**',
    'GET /a**',
    'GET /*',
    'GET /a/*',
    'GET /.',
    'GET /a/..',
    'GET /a b',
    'GET /a?b',
    'GET /a#b',
    'GET /a;b',
    'GET /a%20b',
    'GET /a:b',
    'GET /é',
    'GET /{}',
    'GET /{a',
    'GET /a}',
    'GET /{a}b',
    'GET /b{a}',
    'GET /{a-b}',
    'GET /{1}',
    'GET /{a}/{a}',
    'GET /{a}/b/{a}/**',
    'GET /a\n',
    'rpc',
    'rpc ',
    'rpc A',
    'rpc rpc A/B',
    'rpc A/B rpc A/B',
    'rpc /A',
    'rpc A/',
    'rpc A/B/C',
    'rpc a..B/C',
    'rpc .A/B',
    'rpc 1A/B',
    'rpc A-B/C',
    'rpc A/B?',
    'rpc A/{b}',
    'rpc A/**',
    'tcp ',
    'tcp /a',
    'TCP',
  ])('%j is not one', (text) => {
    expect(typeof parseOperation(text)).toBe('string');
    expect(() => operationOf(text)).toThrow(expect.objectContaining({ code: 'invalid-operation' }));
  });

  test('a path of literals is canonical, so no request can be spelled differently and mean it', () => {
    expect(isTarget('/.well-known/a_b~c.d-e')).toBe(true);
    expect(segmentsOf('/')).toEqual([]);
    expect(segmentsOf('/a/b%20c')).toEqual(['a', 'b%20c']);
  });
});

describe('an operation covers', () => {
  const yes = [
    ['GET /', '/'],
    ['GET /', '/?q=1'],
    ['GET /a', '/a'],
    ['GET /a', '/a?b=/c'],
    ['GET /{x}', '/a'],
    ['GET /{x}', '/a%20b'],
    ['GET /{x}', '/caf%C3%A9'],
    ['GET /{x}', '/a:b,c=d'],
    ['GET /{x}', '/...'],
    ['GET /{x}/b', '/a/b'],
    ['GET /**', '/'],
    ['GET /**', '/a/b/c'],
    ['GET /a/**', '/a'],
    ['GET /a/**', '/a/b'],
    ['GET /a/**', '/a/b%20c/d'],
    ['GET /{x}/**', '/a'],
    ['GET /a.b', '/a.b'],
  ] as const;
  const no = [
    ['GET /', '/a'],
    ['GET /a', '/'],
    ['GET /a', '/A'],
    ['GET /a', '/ab'],
    ['GET /a', '/a/b'],
    ['GET /a.b', '/axb'],
    ['GET /{x}', '/'],
    ['GET /{x}', '/a/b'],
    ['GET /a/**', '/ab'],
    ['GET /a/**', '/b'],
    ['GET /a/**', '/'],
    ['GET /{x}/**', '/'],
    ['GET /a/{x}', '/a'],
    // Another spelling of a literal is another segment, and an escape in it stays one segment.
    ['GET /a/b', '/a%20b'],
    ['POST /a', '/a'],
    ['HEAD /a', '/a'],
    ['OPTIONS /a', '/a'],
  ] as const;

  test.each(yes)('%s covers %s', (operation, path) => {
    expect(outcome([allow('a', { operations: [operation] })], request({ path }))).toBe('allow');
  });
  test.each(no)('%s does not cover %s', (operation, path) => {
    expect(outcome([allow('a', { operations: [operation] })], request({ path }))).toBe('forbidden');
  });
});
