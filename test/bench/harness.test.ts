import { type Subject, runBenchmark } from '../../bench/harness.js';
import { ownCpu, processCpu } from '../../bench/cpu.js';
import { figures, formatReport } from '../../bench/report.js';

/** A subject whose clock is made up, so that what the harness computes from it is known exactly. */
function fake(name: string, microseconds: number, calls: string[] = []): Subject {
  let used = 0;
  return {
    name,
    cpu: () => used,
    run: (iterations) => {
      used += iterations * microseconds;
      calls.push(name);
    },
  };
}

const two = (calls?: string[]) => ({
  name: 'fake',
  description: 'two made-up subjects',
  cases: [() => ({ size: 10, subjects: [fake('ours', 2, calls), fake('theirs', 6, calls)] as const })],
});

test('cost per operation, and the ratio to the first subject', async () => {
  const report = await runBenchmark(two(), { quick: true });
  expect(report.rows).toEqual([
    { subject: 'ours', size: 10, median: 2, low: 2, high: 2 },
    { subject: 'theirs', size: 10, median: 6, low: 6, high: 6 },
  ]);
  expect(report.ratios).toEqual({ 'theirs / ours @ 10': { median: 3, low: 3, high: 3 } });
  expect(report.rounds).toBe(15);
});

test('each round has every subject once, in an order that changes and that the seed fixes', async () => {
  const orders = async (seed: number) => {
    const calls: string[] = [];
    await runBenchmark(two(calls), { quick: true, rounds: 40, seed });
    const rounds = calls.slice(-80);
    return Array.from({ length: 40 }, (_, round) => rounds.slice(2 * round, 2 * round + 2).join());
  };
  const first = await orders(5);
  expect(new Set(first)).toEqual(new Set(['ours,theirs', 'theirs,ours']));
  expect(await orders(5)).toEqual(first);
  expect(await orders(6)).not.toEqual(first);
});

test('fewer than 15 rounds are never run', async () => {
  expect((await runBenchmark(two(), { quick: true, rounds: 3 })).rounds).toBe(15);
});

test('a case is closed, also when a subject fails', async () => {
  const closed = jest.fn();
  const failing: Subject = { name: 'bad', run: () => Promise.reject(new Error('no')) };
  const benchmark = {
    name: 'bad',
    description: '',
    cases: [() => ({ size: 1, subjects: [failing] as const, close: closed })],
  };
  await expect(runBenchmark(benchmark, { quick: true })).rejects.toThrow('no');
  expect(closed).toHaveBeenCalledTimes(1);
});

test('a clock that stands still is an error, not an endless loop', async () => {
  const idle: Subject = { name: 'idle', cpu: () => 0, run: () => undefined };
  const benchmark = {
    name: 'idle',
    description: '',
    cases: [() => ({ size: 1, subjects: [idle] as const })],
  };
  await expect(runBenchmark(benchmark, { quick: true })).rejects.toThrow('use no CPU');
});

test('the table', async () => {
  expect(formatReport(await runBenchmark(two(), { quick: true }))).toBe(
    [
      'fake: µs of CPU per operation, median of 15 rounds with its 95 % interval',
      '',
      'size  subject  median   low  high',
      '----  -------  ------  ----  ----',
      '10    ours       2.00  2.00  2.00',
      '10    theirs     6.00  6.00  6.00',
      '',
      'ratio, paired by round  median   low  high',
      '----------------------  ------  ----  ----',
      'theirs / ours @ 10        3.00  3.00  3.00',
      '',
    ].join('\n'),
  );
});

test.each([
  [0, '0'],
  [0.012345, '0.0123'],
  [1.5, '1.50'],
  [12.345, '12.3'],
  [123.45, '123'],
  [12345.6, '12346'],
])('%d is printed as %s', (value, text) => {
  expect(figures(value)).toBe(text);
});

test('CPU time of this process goes up with work, read either way', () => {
  const start = ownCpu();
  const startSeenFromOutside = process.platform === 'linux' ? processCpu(process.pid) : 0;
  while (ownCpu() - start < 100_000);
  expect(ownCpu() - start).toBeGreaterThanOrEqual(100_000);
  if (process.platform !== 'linux') return;
  expect(processCpu(process.pid) - startSeenFromOutside).toBeGreaterThan(50_000);
});
