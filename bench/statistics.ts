/** A median with the interval that contains the true one with a probability of at least 95 %. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const upper = at(sorted, Math.floor(sorted.length / 2));
  return sorted.length % 2 === 1 ? upper : (upper + at(sorted, sorted.length / 2 - 1)) / 2;
}

/**
 * The median and its interval by order statistics, which assume nothing about the distribution: each
 * value lies below the true median with probability 1/2, so the k-th smallest and k-th largest miss it
 * with probability 2·P(Binomial(n, 1/2) < k). Below 6 values no interval reaches 95 %, and the whole
 * range is given.
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = ascending(values);
  const k = intervalRank(sorted.length);
  return { median: median(sorted), low: at(sorted, k - 1), high: at(sorted, sorted.length - k) };
}

/** The largest k (from 1) whose interval still misses the median in at most 5 % of the cases. */
export function intervalRank(count: number): number {
  let k = 1;
  let probability = 2 ** -count;
  let below = probability;
  for (;;) {
    probability *= (count - k + 1) / k;
    below += probability;
    if (2 * below > 0.05 || k + 1 > count / 2) return k;
    k += 1;
  }
}

/** How many times `values` is of `baseline`: a ratio per round, so that drift between rounds cancels. */
export function pairedRatio(values: readonly number[], baseline: readonly number[]): Estimate {
  if (values.length !== baseline.length)
    throw new RangeError('A paired ratio needs as many values on each side');
  return estimate(values.map((value, round) => value / at(baseline, round)));
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A shuffled copy; every order is equally likely (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

function ascending(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('No values to estimate from');
  return values.toSorted((a, b) => a - b);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`No value at ${index} of ${values.length}`);
  return value;
}
