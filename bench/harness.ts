import { ownCpu } from './cpu.js';
import { estimate, type Estimate, pairedRatio, seededRandom, shuffled } from './statistics.js';

/** One way to do the work, measured beside the others. */
export interface Subject {
  readonly name: string;
  /** Does the work `iterations` times. */
  run(iterations: number): void | Promise<void>;
  /** CPU time so far, in microseconds, of whoever does the work. @default this process */
  cpu?(): number;
  /** CPU time that one sample should take at least, in microseconds. @default 50,000, quick 10,000 */
  readonly sampleMicroseconds?: number;
}

/** Subjects that do the same work; the first is the one that the others are compared with. */
export interface Case {
  readonly size: string | number;
  readonly subjects: readonly [Subject, ...Subject[]];
  close?(): void | Promise<void>;
}

/** What a file `bench/<name>.bench.ts` exports as `benchmark`. */
export interface Benchmark {
  readonly name: string;
  readonly description: string;
  /** One per size, prepared when its turn comes, so that only one is in memory. */
  readonly cases: ReadonlyArray<(options: RunOptions) => Case | Promise<Case>>;
  /** What is counted once, after the cases: sizes, memory. */
  readonly facts?: ReadonlyArray<(options: RunOptions) => Promise<readonly Fact[]>>;
}

/** Something that no time is taken of. */
export interface Fact {
  readonly what: string;
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
}

export interface RunOptions {
  /** Short samples: shows that the benchmark works, not what it costs. */
  readonly quick: boolean;
  /** @default 31, quick 15; never fewer than 15 */
  readonly rounds?: number;
  /** Seeds the order of the subjects in each round. @default 1 */
  readonly seed?: number;
}

export interface Row extends Estimate {
  readonly subject: string;
  readonly size: string | number;
}

export interface Report {
  readonly name: string;
  readonly unit: string;
  readonly rounds: number;
  readonly rows: readonly Row[];
  /** By `<subject> / <first subject> @ <size>`: the median of the ratios of the single rounds. */
  readonly ratios: Readonly<Record<string, Estimate>>;
  /** Only of a benchmark that counts some. */
  readonly facts?: readonly Fact[];
}

const leastRounds = 15;

export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<Report> {
  const rounds = Math.max(leastRounds, options.rounds ?? (options.quick ? leastRounds : 31));
  const random = seededRandom(options.seed ?? 1);
  const rows: Row[] = [];
  const ratios: Record<string, Estimate> = {};
  for (const prepare of benchmark.cases) {
    const one = await prepare(options);
    try {
      const samples = await measure(one, rounds, random, options.quick);
      const [baseline] = one.subjects;
      for (const subject of one.subjects) {
        const values = samples.get(subject) ?? [];
        rows.push({ subject: subject.name, size: one.size, ...estimate(values) });
        if (subject === baseline) continue;
        const name = `${subject.name} / ${baseline.name} @ ${one.size}`;
        ratios[name] = pairedRatio(values, samples.get(baseline) ?? []);
      }
    } finally {
      await one.close?.();
    }
  }
  const facts: Fact[] = [];
  for (const count of benchmark.facts ?? []) facts.push(...(await count(options)));
  const { name } = benchmark;
  return { name, unit: 'µs of CPU per operation', rounds, rows, ratios, ...(facts.length > 0 && { facts }) };
}

/** Every subject once per round, in a new order each round: what drifts, drifts for all alike. */
async function measure(one: Case, rounds: number, random: () => number, quick: boolean) {
  const iterations = new Map<Subject, number>();
  const samples = new Map<Subject, number[]>(one.subjects.map((subject) => [subject, []]));
  for (const subject of one.subjects) iterations.set(subject, await calibrate(subject, quick));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of shuffled(one.subjects, random)) {
      const count = iterations.get(subject) ?? 1;
      samples.get(subject)?.push((await sample(subject, count)) / count);
    }
  }
  return samples;
}

/** How many iterations make one sample long enough; it also warms the subject up. */
async function calibrate(subject: Subject, quick: boolean): Promise<number> {
  const wanted = subject.sampleMicroseconds ?? (quick ? 10_000 : 50_000);
  let count = 1;
  let spent = 0;
  for (;;) {
    const used = await sample(subject, count);
    spent += used;
    // A compiler still at work makes the first samples too slow, and the count too small.
    if (used >= wanted && spent >= 3 * wanted) return count;
    if (used >= wanted) continue;
    if (count >= 2 ** 30) throw new Error(`${subject.name}: ${count} iterations use no CPU that it can read`);
    count *= 2;
  }
}

async function sample(subject: Subject, count: number): Promise<number> {
  const cpu = () => (subject.cpu === undefined ? ownCpu() : subject.cpu());
  const before = cpu();
  await subject.run(count);
  return cpu() - before;
}
