import { RE2 } from 're2-wasm';
import { canonicalPatterns, nonCanonicalPart } from '../../lib/policy/index.js';
import { mutated, mutatedAuthority } from './canonical-corpus.js';
import { isCanonical, isTarget } from './canonical-oracle.js';
import { Random } from './random.js';

/** `PROVE=1`, as `npm run prove` sets it, looks at millions of strings. */
const STRINGS = process.env['PROVE'] === '1' ? 5_000_000 : 80_000;
const SEED = Number(process.env['SEED'] ?? 20_261_123);

jest.setTimeout(30 * 60_000);

/** The very pattern, read by the engine that Envoy has. */
function re2(part: keyof typeof canonicalPatterns): RE2 {
  return new RE2(`^(?:${canonicalPatterns[part]})$`, 'u');
}

const target = re2('target');
const escapes = re2('escapes');
const utf8 = re2('utf8');
const method = re2('method');
const authority = re2('authority');

/** As Envoy puts the patterns together: `:path` against one, the path without its query against two. */
function takenByRe2(value: string): boolean {
  const path = value.split('?', 1)[0]!;
  return target.test(value) && escapes.test(path) && utf8.test(path);
}

function taken(value: string): boolean {
  return nonCanonicalPart('GET', 'a.test', value, []) === undefined;
}

/** All three readings of a target; throws where they differ. */
function agreed(value: string): boolean {
  const verdicts = [taken(value), takenByRe2(value), isTarget(value)];
  if (new Set(verdicts).size !== 1) {
    throw new Error(`${JSON.stringify(value)}: JavaScript, RE2, bytes say ${verdicts.join(', ')}`);
  }
  return verdicts[0]!;
}

function escape(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

describe('the readings of the grammar agree', () => {
  test(`on ${STRINGS} mutations of canonical targets`, () => {
    const random = new Random(SEED);
    const reached = new Map<string, number>();
    for (let count = 0; count < STRINGS; count++) {
      const value = mutated(random);
      const verdict = agreed(value) ? 'canonical' : (nonCanonicalPart('GET', 'a.test', value, []) ?? 'never');
      reached.set(verdict, (reached.get(verdict) ?? 0) + 1);
    }
    // Mutations that all fail, or fail in one way, would show nothing.
    for (const verdict of ['canonical', 'target', 'escapes', 'utf8']) {
      expect([verdict, (reached.get(verdict) ?? 0) / STRINGS > 0.02]).toEqual([verdict, true]);
    }
  });

  test('on every escape of one byte, in upper, lower and mixed case, and cut short', () => {
    let canonical = 0;
    for (let byte = 0; byte < 256; byte++) {
      const upper = escape(byte);
      for (const one of [upper, upper.toLowerCase(), upper.slice(0, 2) + upper.slice(2).toLowerCase()]) {
        for (const value of [`/${one}`, `/a${one}b/c`, `/${one.slice(0, 2)}`, `/${one}/`, `/a?${one}`]) {
          if (agreed(value)) canonical++;
        }
      }
    }
    expect(canonical).toBeGreaterThan(0);
  });

  test('on every pair of escaped bytes from %80 on, and on every raw byte', () => {
    for (let first = 0x80; first < 256; first++) {
      for (let second = 0x80; second < 256; second++) agreed(`/${escape(first)}${escape(second)}`);
    }
    for (let byte = 0; byte < 256; byte++) {
      const raw = String.fromCharCode(byte);
      for (const value of [`/${raw}`, `/a${raw}b`, `/${raw}/x`, `/x?${raw}`, raw, `${raw}/`]) agreed(value);
    }
  });

  test('on three and four bytes at every edge of UTF-8', () => {
    const edges = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
    let canonical = 0;
    for (let lead = 0xe0; lead <= 0xff; lead++) {
      for (const second of edges) {
        for (const third of edges) {
          const three = escape(lead) + escape(second) + escape(third);
          if (agreed(`/${three}`)) canonical++;
          for (const fourth of edges) if (agreed(`/${three}${escape(fourth)}`)) canonical++;
        }
      }
    }
    expect(canonical).toBeGreaterThan(0);
  });

  test('on every string of up to four characters that matter', () => {
    const alphabet = ['/', '.', '%', '2', 'E', 'a', '?', ';', '\\'];
    const walk = (value: string, left: number): void => {
      agreed(value);
      if (left > 0) for (const one of alphabet) walk(value + one, left - 1);
    };
    walk('', 4);
    walk('/', 4);
  });

  test('on authorities and methods', () => {
    const random = new Random(SEED);
    const reached = new Set<boolean>();
    for (let count = 0; count < STRINGS / 10; count++) {
      const value = mutatedAuthority(random);
      const verdicts = [
        nonCanonicalPart('GET', value, '/', []) === undefined,
        authority.test(value),
        isCanonical('GET', value, '/'),
      ];
      expect([value, new Set(verdicts).size]).toEqual([value, 1]);
      reached.add(verdicts[0]!);
    }
    expect(reached.size).toBe(2);
    for (const value of [
      'GET',
      'get',
      'Get',
      'GETS',
      ' GET',
      'GET ',
      'GET\n',
      '',
      'TRACE',
      'CONNECT',
      'PATCH',
      'FOO',
    ]) {
      const verdicts = [
        nonCanonicalPart(value, 'a.test', '/', []) === undefined,
        method.test(value),
        isCanonical(value, 'a.test', '/'),
      ];
      expect([value, new Set(verdicts).size]).toEqual([value, 1]);
    }
  });
});

describe('canonical', () => {
  test.each([
    '/',
    '/?',
    '/?q',
    '/a?b=%zz//..;',
    '/a/b.c/d~e',
    '/.hidden',
    '/..a',
    '/a..',
    '/...',
    '/items:batch',
    '/items%3Abatch',
    "/!$&'()*+,=:@",
    '/caf%C3%A9',
    '/a%20b',
    '/%F0%9F%98%80',
    '/Admin',
  ])('takes %j', (path) => {
    expect(nonCanonicalPart('GET', 'orders.shop.test', path, [])).toBeUndefined();
  });

  test.each([
    ['', 'target'],
    ['a', 'target'],
    ['*', 'target'],
    ['?', 'target'],
    ['http://orders.shop.test/', 'target'],
    ['//', 'target'],
    ['//admin', 'target'],
    ['/admin/', 'target'],
    ['/a//b', 'target'],
    ['/.', 'target'],
    ['/..', 'target'],
    ['/a/./b', 'target'],
    ['/a/../b', 'target'],
    ['/a/..', 'target'],
    ['/a?#x', 'target'],
    ['/admin#x', 'target'],
    ['/a;b=c', 'target'],
    ['/..;/b', 'target'],
    ['/a\\b', 'target'],
    ['/a b', 'target'],
    ['/a\0', 'target'],
    ['/a\n', 'target'],
    ['/a\u007f', 'target'],
    ['/é', 'target'],
    ['/a?é', 'target'],
    ['/a|b', 'target'],
    ['/a"b', 'target'],
    ['/a[b]', 'target'],
    ['/a{b}', 'target'],
    ['/a^b`', 'target'],
    ['/a<b>', 'target'],
    ['/%2f', 'escapes'],
    ['/%2F', 'escapes'],
    ['/a%5Cb', 'escapes'],
    ['/%2e%2e', 'escapes'],
    ['/%2E%2E/a', 'escapes'],
    ['/%41', 'escapes'],
    ['/%7E', 'escapes'],
    ['/%2D', 'escapes'],
    ['/%5F', 'escapes'],
    ['/%30', 'escapes'],
    ['/%00', 'escapes'],
    ['/%0A', 'escapes'],
    ['/%7F', 'escapes'],
    ['/%25', 'escapes'],
    ['/%252e', 'escapes'],
    ['/%23', 'escapes'],
    ['/%3B', 'escapes'],
    ['/%3F', 'escapes'],
    ['/%zz', 'escapes'],
    ['/%', 'escapes'],
    ['/%4', 'escapes'],
    ['/%c3%a9', 'escapes'],
    ['/%C3%a9', 'escapes'],
    ['/%FF', 'utf8'],
    ['/%C3', 'utf8'],
    ['/%C3a', 'utf8'],
    ['/%C3/%A9', 'utf8'],
    ['/%A9', 'utf8'],
    ['/%C0%AE', 'utf8'],
    ['/%C0%AF', 'utf8'],
    ['/%E0%80%AF', 'utf8'],
    ['/%ED%A0%80', 'utf8'],
    ['/%F4%90%80%80', 'utf8'],
    ['/%F5%80%80%80', 'utf8'],
    ['/%C2%85', 'utf8'],
  ])('refuses %j by its %s', (path, part) => {
    expect(nonCanonicalPart('GET', 'orders.shop.test', path, [])).toBe(part);
  });

  test.each(['', 'get', 'Get', 'TRACE', 'CONNECT', 'FOO', 'GET ', 'GET\n', 'PROPFIND'])(
    'refuses the method %j',
    (value) => {
      expect(nonCanonicalPart(value, 'orders.shop.test', '/', [])).toBe('method');
    },
  );

  test.each([
    'orders.shop.test',
    'ORDERS.Shop.Test',
    'a:1',
    'a:65535',
    'a:00443',
    '127.0.0.1',
    'xn--caf-dma.test',
  ])('takes the authority %j', (value) => {
    expect(nonCanonicalPart('GET', value, '/', [])).toBeUndefined();
  });

  test.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a:',
    'a:x',
    'a:123456',
    'a:1:2',
    'a,b',
    'a/b',
    'u@a',
    'a b',
    '[::1]',
    'a_b',
    'é',
    'a%2Eb',
    'a\0',
  ])('refuses the authority %j', (value) => {
    expect(nonCanonicalPart('GET', value, '/', [])).toBe('authority');
  });

  test('refuses a header whose name has an underscore, and no other', () => {
    expect(nonCanonicalPart('GET', 'a', '/', [['x_role', 'admin']])).toBe('header');
    expect(nonCanonicalPart('GET', 'a', '/', [['x-role', 'a_b']])).toBeUndefined();
  });

  test('takes time in proportion to the length, whatever the path', () => {
    // A pattern that reads one string in several ways would not end before the test's time does.
    for (const unit of ['a', '.', '%20', '/a', '/.', '/..a', '%C3%A9', '%', '?']) {
      const path = `/${unit.repeat(60_000 / unit.length)}`;
      expect([unit, agreed(path), agreed(`${path}\0`)]).toEqual([unit, isTarget(path), false]);
    }
  });
});
