import { claimAt, passes, putClaim } from '../../lib/policy/claim.js';
import type { Json } from '../../lib/policy/request.js';
import { has } from './fixture.js';

/** The claims with the value, and those that it was put into. */
function put(claims: Record<string, Json>, path: readonly string[], value: Json) {
  const copy = { ...claims };
  putClaim(copy, path, value);
  return copy;
}

test('a claim is put at its path, beside what is there', () => {
  expect(put({}, ['a'], 1)).toEqual({ a: 1 });
  expect(put({ a: 0, b: 2 }, ['a'], 1)).toEqual({ a: 1, b: 2 });
  expect(put({ b: 2 }, ['a', 'x', 'y'], 1)).toEqual({ a: { x: { y: 1 } }, b: 2 });
  expect(put({ a: { x: { z: 3 }, w: 4 } }, ['a', 'x', 'y'], 1)).toEqual({
    a: { x: { z: 3, y: 1 }, w: 4 },
  });
  const claims = put({ realm: { roles: ['a'], name: 'r' } }, ['realm', 'roles'], ['b']);
  expect(passes(claims, has(['realm', 'roles'], 'b'))).toBe(true);
  expect(passes(claims, has(['realm', 'roles'], 'a'))).toBe(false);
  expect(claimAt(claims, ['realm', 'name'])).toBe('r');
});

test('the objects on the way are copies', () => {
  const inner = { x: 1 };
  const claims = { a: inner };
  expect(put(claims, ['a', 'y'], 2)).toEqual({ a: { x: 1, y: 2 } });
  expect(inner).toEqual({ x: 1 });
});

test.each([null, 'text', 5, true, ['first', 'second']])(
  'what stands in the way is replaced: %j',
  (before) => {
    expect(put({ a: before }, ['a', 'x'], 1)).toEqual({ a: { x: 1 } });
  },
);
