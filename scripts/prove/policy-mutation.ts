import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  keep,
  objections,
  readResult,
  readSurvivors,
  ROOT,
  stale,
} from '../../test/policy/mutation/result.js';
import type { LogLevel, MutantResult } from '@stryker-mutator/api/core' with { 'resolution-mode': 'import' };
import type { Outcome } from '../prove.js';

/** Files that are mutated together, as the tests are run once for each batch before its mutants are. */
const BATCHES: readonly (readonly string[])[] = [
  ['lib/policy/{claim,condition,address,principal,policy}.ts'],
  [
    'lib/policy/{decide,index-rules,path-tree,operation,request,possession,login,connection,through-gateway}.ts',
  ],
  ['lib/policy/{token,token-json,revocation,revocation-document}.ts'],
  ['lib/policy/canonical.ts'],
  ['lib/policy/compile/cedar/*.ts'],
  ['lib/policy/compile/{gap,nearby,refusal}.ts'],
  ['lib/policy/compile/istio/*.ts'],
];

/** What Stryker found, by mutant. */
const KEPT = '.stryker/policy.json';

/**
 * Every operator's mutants of the policy and of the compilers to Cedar and to Istio, judged by the tests that decide
 * something. Only files without a committed result, or with one of another source, are judged: `ZTP_PROVE_FILES`, a
 * glob, judges those files whatever is known of them, as after a change of the tests alone. Stryker keeps what it found
 * (`.stryker/`), so that a run that was interrupted goes on.
 */
export async function provePolicyMutation(): Promise<Outcome> {
  const { ZTP_PROVE_FILES: only } = process.env;
  const files = BATCHES.flat().flatMap((pattern) => sourcesOf(pattern));
  let result = existsSync(join(ROOT, 'test/policy/mutation/result.json')) ? readResult() : {};
  const changed = stale(result);
  const isKnown = (file: string) => result[file] !== undefined && !changed.includes(file);
  for (const batch of only === undefined ? BATCHES : [[only]]) {
    const sources = batch
      .flatMap((pattern) => sourcesOf(pattern))
      .filter((file) => only !== undefined || !isKnown(file));
    if (sources.length === 0) continue;
    result = keep(await judge(sources), sources, files, result);
  }
  const wrong = objections(result, readSurvivors());
  for (const line of wrong) console.error(line);
  const all = Object.values(result);
  const sum = (of: (file: (typeof all)[number]) => number) =>
    all.reduce((total, file) => total + of(file), 0);
  const old = stale(result);
  const unjudged = files.filter((file) => !result[file] || old.includes(file));
  return {
    holds: wrong.length === 0 && unjudged.length === 0,
    summary:
      `${sum(({ mutants }) => mutants)} mutants of ${all.length} files: ${sum(({ killed }) => killed)} killed by decisions, ` +
      `${sum(({ endless }) => endless)} never end, ${sum(({ survivors }) => survivors.length)} live` +
      `${wrong.length === 0 ? ' for listed reasons' : `; ${wrong.length} objections`}` +
      `${unjudged.length === 0 ? '' : `; not judged: ${unjudged.join(', ')}`}`,
  };
}

function sourcesOf(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT })
    .filter((name) => !name.endsWith('index.ts'))
    .sort();
}

async function judge(files: readonly string[]) {
  const { Stryker } = await import('@stryker-mutator/core');
  forgetUncovered();
  // Fewer policies than the comparison with Cedar has by itself: it is run for many mutants.
  process.env['CEDAR_MODELS'] ??= '25';
  process.env['LAW_RUNS'] ??= '500';
  const stryker = new Stryker({
    mutate: [...files],
    testRunner: 'decisions',
    plugins: [join(ROOT, 'test/policy/mutation/plugin.ts')],
    testRunnerNodeArgs: process.execArgv,
    // The process for checkers is started without any being configured, and loads the plugin as well.
    checkerNodeArgs: process.execArgv,
    coverageAnalysis: 'perTest',
    concurrency: Number(process.env['ZTP_PROVE_LANES'] ?? 1),
    incremental: true,
    incrementalFile: KEPT,
    tempDirName: '.stryker-tmp',
    ignorePatterns: ['dist', 'api', 'bench', '.stryker'],
    reporters: ['progress-append-only'],
    // There is nothing in it that this Stryker could read, nor that the tests are run by.
    tsconfigFile: 'none.json',
    disableTypeChecks: false,
    timeoutMS: 60_000,
    timeoutFactor: 5,
    dryRunTimeoutMinutes: 30,
    logLevel: 'warn' as LogLevel,
    allowConsoleColors: false,
  });
  return stryker.runMutationTest();
}

/**
 * Judge those anew that no single test is known to reach and that live: of what runs while files are
 * loaded Stryker keeps what it found whatever tests come to be there.
 */
function forgetUncovered(): void {
  const path = join(ROOT, KEPT);
  if (!existsSync(path)) return;
  type Kept = Pick<MutantResult, 'status' | 'coveredBy'>;
  const report = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, { mutants: Kept[] }> };
  for (const file of Object.values(report.files)) {
    file.mutants = file.mutants.filter(
      ({ status, coveredBy = [] }) => status === 'Killed' || status === 'Timeout' || coveredBy.length > 0,
    );
  }
  writeFileSync(path, JSON.stringify(report));
}
