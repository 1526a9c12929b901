import fc from 'fast-check';
import { parseTokenJson } from '../../lib/policy/token-json.js';

function parse(text: string) {
  return parseTokenJson(Buffer.from(text, 'utf8'));
}

function nested(depth: number, open: string, close: string): string {
  return open.repeat(depth) + close.repeat(depth);
}

describe('the JSON of a token', () => {
  test.each([
    ['{}', {}],
    [' \n\t\r{"a":1}\n ', { a: 1 }],
    ['{"a":{"b":[1,"x",true,false,null]}}', { a: { b: [1, 'x', true, false, null] } }],
    ['{"a":[{"b":1},{"b":2}]}', { a: [{ b: 1 }, { b: 2 }] }],
    ['{"a":"x:y\\":\\\\","b":":"}', { a: 'x:y":\\', b: ':' }],
    ['{"a:b":"{\\"c\\":1}"}', { 'a:b': '{"c":1}' }],
    ['{"a.b":1,"a":{"b":2}}', { 'a.b': 1, a: { b: 2 } }],
    ['{"":1}', { '': 1 }],
    ['{"a":"\\ud83d\\ude00"}', { a: '😀' }],
    ['{"a":1.8e307,"b":-0,"c":1e-400,"d":1E+2}', { a: 1.8e307, b: -0, c: 0, d: 100 }],
    ['{"a":"\\u0000"}', { a: '\0' }],
    ['{"a\\u0000":1,"a":2}', { 'a\0': 1, a: 2 }],
  ])('%j is read', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  test.each([
    '',
    'null',
    '1',
    '"a"',
    '[]',
    '[{"a":1}]',
    '{"a":1}{}',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '{"a":1/**/}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":"x\ty"}',
    '\ufeff{"a":1}',
    // Numbers that are no doubles.
    '{"a":1e999}',
    '{"a":-1e999}',
    '{"a":[{"b":1.8e308}]}',
    // Doubled names.
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"\\u00e9":1,"é":2}',
    '{"x":{"a":1,"a":2}}',
    '{"x":[{"a":1,"a":2}]}',
    '{"a":{"b":1},"a":{"b":1}}',
    '{"__proto__":1,"__proto__":2}',
    // Halves of a character.
    '{"a":"\\ud800"}',
    '{"a":"\\udc00x"}',
    '{"a":["\\ud800"]}',
    '{"\\ud800":1}',
  ])('%j is refused', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test('bytes that are not UTF-8 are refused, not replaced', () => {
    expect(
      parseTokenJson(Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')])),
    ).toBeUndefined();
    expect(
      parseTokenJson(Buffer.from([...Buffer.from('{"a":"'), 0xc0, 0xae, ...Buffer.from('"}')])),
    ).toBeUndefined();
  });

  test('a hundred levels are read, one more is refused, a million do not harm', () => {
    expect(parse(`{"a":${nested(99, '[', ']')}}`)).toBeDefined();
    expect(parse(`{"a":${nested(100, '[', ']')}}`)).toBeUndefined();
    expect(parse(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`)).toBeDefined();
    expect(parse(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`)).toBeUndefined();
    expect(parse(`{"a":${nested(1_000_000, '[', ']')}}`)).toBeUndefined();
  });

  test('names of the prototype are claims like any other', () => {
    const value = parse('{"__proto__":{"admin":true},"constructor":"x","toString":1}');
    expect(Object.keys(value ?? {})).toEqual(['__proto__', 'constructor', 'toString']);
    expect((value as { admin?: unknown }).admin).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('property: what JSON writes is read back, and doubling any member is refused', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 }),
        fc.nat(),
        (value, pick) => {
          const text = JSON.stringify(value);
          expect(parse(text)).toEqual(JSON.parse(text));
          const names = Object.keys(value);
          const name = JSON.stringify(names[pick % names.length]);
          expect(parse(`{${name}:null,${text.slice(1)}`)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});
