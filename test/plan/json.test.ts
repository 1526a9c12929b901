import fc from 'fast-check';
import { canonicalJson, sameJson, sortedKeys } from '../../lib/plan/json.js';

/** As values are written: with fields in any order, and some that are not there. */
const value = fc.jsonValue({ maxDepth: 3 });
const record = fc.dictionary(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', '1'),
  fc.option(value, { nil: undefined }),
);

function turned(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  if (Array.isArray(given)) return given.map(turned);
  const entries = Object.entries(given).map(([name, item]) => [name, turned(item)] as const);
  return Object.fromEntries([['absent', undefined], ...entries.reverse()]);
}

test('two values are the same as JSON exactly if their canonical bytes are', () => {
  fc.assert(
    fc.property(record, record, (one, other) => {
      expect(sameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
      expect(sameJson(one, turned(one))).toBe(true);
      expect(sameJson([one], [one, other])).toBe(false);
      expect(sameJson([one], { 0: one })).toBe(false);
    }),
  );
});

test.each<[string, unknown, unknown]>([
  ['a date is no empty object', new Date(0), {}],
  ['a map is no empty object', {}, new Map()],
  ['a hole is no item that is there', Object.assign([], { length: 1 }), [0]],
  ['a field that is inherited is not there', { constructor: Object }, {}],
  ['a field is not the prototype', JSON.parse('{"__proto__":{}}'), { a: {} }],
  ['null is something', { a: null }, {}],
])('%s', (_, one, other) => {
  expect(sameJson(one, other)).toBe(false);
  expect(sameJson(other, one)).toBe(false);
});

test('keys in order are a copy, which shares nothing that can change', () => {
  fc.assert(
    fc.property(record, (given) => {
      const copy = sortedKeys(given);
      expect(JSON.stringify(copy)).toBe(canonicalJson(given));
      expect(Object.keys(copy)).toEqual(Object.keys(copy).toSorted(byIndexThenName));
      for (const [name, item] of Object.entries(copy)) {
        if (typeof item === 'object' && item !== null) expect(item).not.toBe(given[name]);
      }
    }),
  );
});

/** Whatever order they are added in, an object has the names that are indices first. */
function byIndexThenName(a: string, b: string): number {
  const [one, other] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (one !== other) return one ? -1 : 1;
  return a < b ? -1 : 1;
}
