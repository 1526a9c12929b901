import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Benchmark, runBenchmark } from './harness.js';
import { formatReport } from './report.js';

const suffix = '.bench.ts';

interface Flags {
  readonly quick: boolean;
  readonly json?: string;
  readonly rounds?: number;
  readonly seed?: number;
}

new Command('bench')
  .argument('[name]', 'the benchmark; without it the list is printed')
  .option('--quick', 'short samples: shows that the benchmark works, not what it costs', false)
  .option('--json <file>', 'also write the result to a file')
  .option('--rounds <count>', 'rounds, at least 15', Number)
  .option('--seed <number>', 'seeds the order of the subjects', Number)
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });

async function run(name: string | undefined, flags: Flags): Promise<void> {
  const names = readdirSync(__dirname)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .toSorted();
  if (name === undefined || !names.includes(name)) {
    console.error(name === undefined ? 'Benchmarks:' : `No benchmark is called ${name}. There are:`);
    for (const each of names) console.error(`  ${each}  ${(await load(each)).description}`);
    process.exitCode = name === undefined ? 0 : 1;
    return;
  }
  const report = await runBenchmark(await load(name), flags);
  console.log(formatReport(report));
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function load(name: string): Promise<Benchmark> {
  const loaded = (await import(join(__dirname, name + suffix))) as { benchmark: Benchmark };
  return loaded.benchmark;
}
