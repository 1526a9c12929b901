import { claimAt, passes, withScopeList } from '../../lib/policy/claim.js';
import type { ClaimTest, JsonObject } from '../../lib/policy/index.js';

type Test = ClaimTest['test'];

function passesWith(claims: unknown, claim: readonly string[], test: Test, value: unknown): boolean {
  return passes(claims as JsonObject, { claim, test, value } as ClaimTest);
}

describe('a claim test', () => {
  const rows: [value: unknown, contains: boolean, presentAndNot: boolean][] = [
    // The claim, whether it contains "x", whether it is there and not "x".
    [undefined, false, false],
    [null, false, false],
    ['', false, false],
    ['x', true, false],
    ['X', false, true],
    ['x ', false, true],
    ['xy', false, true],
    [' ', false, true],
    [0, false, false],
    [1, false, false],
    [true, false, false],
    [false, false, false],
    [{}, false, false],
    [{ x: 'x' }, false, false],
    [[], false, false],
    [[''], false, false],
    [['x'], true, false],
    [['y', 'x'], true, false],
    [['y', 'z'], false, true],
    [['', 'y'], false, true],
    [['', 'x'], true, false],
    [[1, 'x'], true, false],
    [[1, 'y'], false, true],
    [[null, true, 5], false, false],
    [[['x']], false, false],
    [[{ x: 'x' }], false, false],
    [['x y'], false, true],
  ];
  test.each(rows)('%j contains "x": %s, is there and not "x": %s', (value, contains, presentAndNot) => {
    const claims = value === undefined ? {} : { c: value };
    expect(passesWith(claims, ['c'], 'contains', 'x')).toBe(contains);
    expect(passesWith(claims, ['c'], 'presentAndNot', 'x')).toBe(presentAndNot);
  });

  test('the empty string is in nothing', () => {
    for (const value of ['', [''], ['', 'x']])
      expect(passesWith({ c: value }, ['c'], 'contains', '')).toBe(false);
  });

  test.each([
    [true, true, true],
    [false, false, true],
    [false, true, false],
    ['true', true, false],
    [1, true, false],
    [[true], true, false],
    [null, false, false],
    [undefined, false, false],
    [0, false, false],
    [5, 5, true],
    [5.0, 5, true],
    ['5', 5, false],
    [[5], 5, false],
    [-0, 0, true],
    [0, 0, true],
    [null, 0, false],
    ['', 0, false],
    [Number.NaN, Number.NaN, false],
    // A token's number is a double: 2^53 and 2^53 + 1 are one.
    [JSON.parse('9007199254740993'), 2 ** 53, true],
  ])('%j equals %j: %s', (claim, value, expected) => {
    expect(passesWith(claim === undefined ? {} : { c: claim }, ['c'], 'equals', value)).toBe(expected);
  });

  test('a path goes from object to object, a dot is a character like any other', () => {
    const claims = { 'a.b': 'flat', a: { b: 'deep', 'b.c': 'x' }, list: [{ b: 'x' }] };
    expect(claimAt(claims, ['a.b'])).toBe('flat');
    expect(claimAt(claims, ['a', 'b'])).toBe('deep');
    expect(claimAt(claims, ['a', 'b.c'])).toBe('x');
    expect(claimAt(claims, ['a', 'b', 'c'])).toBeUndefined();
    expect(claimAt(claims, ['list', '0'])).toBeUndefined();
    expect(claimAt(claims, ['list', 'length'])).toBeUndefined();
    expect(claimAt(claims, ['a.b', 'length'])).toBeUndefined();
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])(
    '%s is there only if the token has it',
    (name) => {
      expect(claimAt({}, [name])).toBeUndefined();
      expect(claimAt({}, [name, 'name'])).toBeUndefined();
      const own = JSON.parse(`{"${name}":"x"}`) as JsonObject;
      expect(claimAt(own, [name])).toBe('x');
      expect(passesWith(own, [name], 'contains', 'x')).toBe(true);
      expect(passesWith({}, [name], 'presentAndNot', 'x')).toBe(false);
    },
  );

  test('a token cannot lend claims by its prototype', () => {
    const claims = JSON.parse('{"__proto__":{"groups":["admin"]}}') as JsonObject;
    expect(passesWith(claims, ['groups'], 'contains', 'admin')).toBe(false);
    expect(passesWith(withScopeList(claims, 'scope'), ['groups'], 'contains', 'admin')).toBe(false);
  });
});
