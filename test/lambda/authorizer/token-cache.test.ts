import { TokenCache, type VerifiedToken } from '../../../lambda/authorizer/token-cache.js';

const NOW = 1000;

function verified(compact: string): VerifiedToken {
  const claims = { sub: 'alice', scope: 'a b c d e f g h' };
  return { compact, claims, credential: {}, issuer: 'people', until: Infinity } as unknown as VerifiedToken;
}

test('the cache stays within its bytes, however many tokens with scopes go through it', () => {
  const cache = new TokenCache(64 * 1024);
  const sizes = Array.from({ length: 3000 }, (_, at) => {
    cache.add(verified(`${'x'.repeat(300)}.${String(at).padStart(43, '0')}`), 'scope');
    return cache.size;
  });
  expect(sizes.at(-1)).toBe(sizes[1000]);
  expect(sizes.at(-1)).toBeLessThan(64);
});

// In the number of an end a character has 31 times the weight of the next: one less and 31 more is the same number.
test.each([
  ['ends alike', `b.b.${'s'.repeat(42)}C`],
  ['has the same number for its end', `a.b.${'s'.repeat(41)}rb`],
])('a token that %s is another one, and takes its place', (_, other) => {
  const cache = new TokenCache(64 * 1024);
  const token = `a.b.${'s'.repeat(42)}C`;
  cache.add(verified(token), 'scope');
  expect(cache.find(token, NOW)?.compact).toBe(token);
  expect(cache.find(other, NOW)).toBeUndefined();

  cache.add(verified(other), 'scope');
  expect(cache.find(other, NOW)?.compact).toBe(other);
  expect(cache.find(token, NOW)).toBeUndefined();
  expect(cache.size).toBe(1);
  cache.delete(token);
  expect(cache.size).toBe(0);
});

test('a cache of no bytes keeps nothing', () => {
  const cache = new TokenCache(0);
  cache.add(verified('a.b.c'), 'scope');
  expect(cache.find('a.b.c', NOW)).toBeUndefined();
});
