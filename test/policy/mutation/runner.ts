import { readdirSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InstrumenterContext } from '@stryker-mutator/api/core' with { 'resolution-mode': 'import' };
import type {
  DryRunResult,
  DryRunStatus,
  MutantRunOptions,
  MutantRunResult,
  MutantRunStatus,
  TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner' with { 'resolution-mode': 'import' };
import { Harness, type RegisteredTest } from './harness.js';

/** Files whose tests start Envoy, ask bundles, or compare with files and pages: no decision kills there. */
const LEFT_OUT =
  /(?:-golden|program-size|canonical-envoy|pitfalls-(?:points|table)|abilities|mutation)\.test\.ts$/;

/**
 * Runs the tests of the policy in this process for Stryker: loaded once, the quickest first, until the
 * first that fails. Files are loaded anew only for mutants in what runs while they are loaded.
 */
export class DecisionRunner implements TestRunner {
  readonly #require = createRequire(join(process.cwd(), 'package.json'));
  #tests: readonly RegisteredTest[] = [];
  readonly #took = new Map<string, number>();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    const sources = pathToFileURL(join(process.cwd(), 'lib/index.ts')).href;
    registerHooks({
      // The package by its own name is its sources, not what was built of them.
      resolve: (specifier, context, next) =>
        next(specifier === 'zero-trust-platform' ? sources : specifier, context),
    });
  }

  async dryRun(): Promise<DryRunResult> {
    const state = strykerState();
    this.#load();
    const results = [];
    for (const test of this.#tests) {
      state.currentTestId = test.id;
      const started = process.cpuUsage();
      const failure = await failureOf(test);
      const { user, system } = process.cpuUsage(started);
      const took = (user + system) / 1000;
      if (failure !== undefined) {
        return { status: 'error' as DryRunStatus.Error, errorMessage: `${test.id}: ${failure}` };
      }
      this.#took.set(test.id, took);
      const { id, file } = test;
      results.push({ id, name: id, fileName: file, timeSpentMs: took, status: 0 as TestStatus.Success });
    }
    state.currentTestId = undefined;
    return {
      status: 'complete' as DryRunStatus.Complete,
      tests: results,
      mutantCoverage: state.mutantCoverage ?? { static: {}, perTest: {} },
    };
  }

  async mutantRun({
    activeMutant,
    mutantActivation,
    reloadEnvironment,
    testFilter,
    hitLimit,
  }: MutantRunOptions): Promise<MutantRunResult> {
    const state = strykerState();
    state.hitCount = hitLimit === undefined ? undefined : 0;
    state.hitLimit = hitLimit;
    state.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    let nrOfTests = 0;
    try {
      if (reloadEnvironment || this.#tests.length === 0) {
        const broken = attempt(() => this.#load());
        if (broken !== undefined) return killed('loading', broken, 0);
      }
      state.activeMutant = activeMutant.id;
      for (const test of this.#chosen(testFilter)) {
        nrOfTests += 1;
        const failure = await failureOf(test);
        if (state.hitLimit !== undefined && (state.hitCount ?? 0) > state.hitLimit) {
          return { status: 'timeout' as MutantRunStatus.Timeout, reason: 'it never ends' };
        }
        if (failure !== undefined) return killed(test.id, failure, nrOfTests);
      }
      return { status: 'survived' as MutantRunStatus.Survived, nrOfTests };
    } finally {
      state.activeMutant = undefined;
      // What was loaded under this mutant stands for no other.
      if (reloadEnvironment) this.#tests = [];
    }
  }

  #chosen(testFilter: readonly string[] | undefined): RegisteredTest[] {
    const wanted = testFilter && new Set(testFilter);
    const took = ({ id }: RegisteredTest) => this.#took.get(id) ?? 0;
    return this.#tests.filter((test) => wanted?.has(test.id) ?? true).sort((a, b) => took(a) - took(b));
  }

  #load(): void {
    const root = process.cwd();
    for (const file of Object.keys(this.#require.cache)) {
      if (file.startsWith(root + sep) && !file.includes(`${sep}node_modules${sep}`)) {
        delete this.#require.cache[file];
      }
    }
    const harness = new Harness();
    harness.install();
    for (const file of testFiles(root)) {
      harness.take(relative(root, file), () => void this.#require(file));
    }
    this.#tests = harness.tests;
  }
}

function testFiles(root: string): string[] {
  const folder = join(root, 'test/policy');
  const own = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !LEFT_OUT.test(name))
    .sort()
    .map((name) => join(folder, name));
  return [...own, join(root, 'test/engines/cedar/equality.test.ts')];
}

async function failureOf(test: RegisteredTest): Promise<string | undefined> {
  try {
    await test.run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function attempt(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function killed(by: string, failureMessage: string, nrOfTests: number): MutantRunResult {
  return { status: 'killed' as MutantRunStatus.Killed, killedBy: [by], failureMessage, nrOfTests };
}

/** Where the instrumented code looks for the mutant that is on. */
function strykerState(): Mutable<InstrumenterContext> {
  const scope = globalThis as { __stryker__?: Mutable<InstrumenterContext> };
  scope.__stryker__ ??= {};
  return scope.__stryker__;
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] | undefined };
