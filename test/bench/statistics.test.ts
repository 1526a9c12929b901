import fc from 'fast-check';
import {
  estimate,
  intervalRank,
  median,
  pairedRatio,
  seededRandom,
  shuffled,
} from '../../bench/statistics.js';

const finite = fc.double({ noNaN: true, min: -1e9, max: 1e9 });
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('the median of an odd and of an even number of values', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 6])).toBe(5.5);
});

test('no value has no median', () => {
  expect(() => median([])).toThrow(RangeError);
});

// Ranks from the usual tables of the sign test's confidence interval, two-sided 95 %.
test.each([
  [5, 1],
  [6, 1],
  [8, 1],
  [9, 2],
  [12, 3],
  [15, 4],
  [20, 6],
  [25, 8],
  [31, 10],
  [50, 18],
  [100, 40],
])('of %i values the interval is given by the %i. from each end', (count, rank) => {
  expect(intervalRank(count)).toBe(rank);
});

test('15 values: the fourth smallest and the fourth largest', () => {
  expect(estimate(upTo(15))).toEqual({ median: 8, low: 4, high: 12 });
});

test('a few outliers do not move the estimate', () => {
  expect(estimate([...upTo(15).slice(0, 13), 1e6, 1e9])).toEqual({ median: 8, low: 4, high: 12 });
});

test('the interval contains the median and lies within the values', () => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 60 }), (values) => {
      const { median: middle, low, high } = estimate(values);
      expect(low).toBeLessThanOrEqual(middle);
      expect(high).toBeGreaterThanOrEqual(middle);
      expect(low).toBeGreaterThanOrEqual(Math.min(...values));
      expect(high).toBeLessThanOrEqual(Math.max(...values));
    }),
  );
});

test('the interval contains the true median in at least 95 % of the experiments', () => {
  const random = seededRandom(7);
  const experiments = 4000;
  let hits = 0;
  for (let each = 0; each < experiments; each += 1) {
    const { low, high } = estimate(upTo(15).map(() => random() ** 3));
    if (low <= 0.125 && 0.125 <= high) hits += 1;
  }
  // 96.5 % by the binomial; four standard errors below that is 95.3 %, and 97.7 % above.
  expect(hits / experiments).toBeGreaterThan(0.95);
  expect(hits / experiments).toBeLessThan(0.98);
});

test('a paired ratio is blind to what slows a whole round', () => {
  const slowdown = [1, 40, 3, 7, 1, 90, 2];
  const ratio = pairedRatio(
    slowdown.map((factor) => 6 * factor),
    slowdown.map((factor) => 2 * factor),
  );
  expect(ratio).toEqual({ median: 3, low: 3, high: 3 });
  expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
});

test('the same seed gives the same numbers, another seed others', () => {
  const take = (seed: number) => upTo(5).map(seededRandom(seed));
  expect(take(1)).toEqual(take(1));
  expect(take(1)).not.toEqual(take(2));
});

test('a shuffle keeps every item, and every order comes up', () => {
  const random = seededRandom(3);
  const orders = new Map<string, number>();
  for (let each = 0; each < 6000; each += 1) {
    const order = shuffled(['a', 'b', 'c'], random).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].toSorted()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
