import { TokenCache, type VerifiedToken } from '../../../lambda/authorizer/token-cache.js';

test('the cache stays within its bytes, however many tokens with scopes go through it', () => {
  const cache = new TokenCache(64 * 1024);
  const sizes = Array.from({ length: 3000 }, (_, at) => {
    const compact = `${'x'.repeat(300)}.${String(at).padStart(43, '0')}`;
    const claims = { sub: 'alice', scope: 'a b c d e f g h' };
    const token = { compact, claims, credential: {}, issuer: 'people', until: Infinity };
    cache.add(token as unknown as VerifiedToken, 'scope');
    return cache.size;
  });
  expect(sizes.at(-1)).toBe(sizes[1000]);
  expect(sizes.at(-1)).toBeLessThan(64);
});
