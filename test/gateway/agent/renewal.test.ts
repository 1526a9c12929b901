import fc from 'fast-check';
import { backOff, renewalTime } from '../../../gateway/agent/renewal.js';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a leaf is renewed between half and two thirds of its life, and anywhere between', () => {
  fc.assert(
    fc.property(random, fc.integer({ min: 1, max: 604_800_000 }), (chance, life) => {
      const at = (renewalTime({ issuedAt: 1000, expiresAt: 1000 + life }, chance) - 1000) / life;
      return at >= 1 / 2 - 1e-9 && at <= 2 / 3 + 1e-9;
    }),
  );
  const leaf = { issuedAt: 0, expiresAt: 600 };
  expect(renewalTime(leaf, 0)).toBe(300);
  expect(renewalTime(leaf, 0.999_999)).toBeCloseTo(400, 1);
});

test('repetitions come later each time, up to a minute, and never all at once', () => {
  fc.assert(
    fc.property(random, fc.integer({ min: 1, max: 1000 }), (chance, failures) => {
      const wait = backOff(failures, chance);
      const longest = backOff(failures, 1);
      return wait >= 250 && wait <= 60_000 && wait >= longest / 2 && longest <= backOff(failures + 1, 1);
    }),
  );
});
