import { writeFileSync } from 'node:fs';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { plural } from '../lib/insight/describe.js';
import {
  type PolicyTestReport,
  type PolicyTestResult,
  runPolicyTests,
} from '../lib/insight/policy-test-run.js';
import type { Plan } from '../lib/plan/plan.js';
import { resolve } from '../lib/plan/resolve.js';
import { formatFinding } from './error.js';
import { junit } from './junit.js';
import { foundInTest, loadTestFile, placeInWords, type TestFile } from './test-file.js';
import type { TestOptions } from './test.js';
import { styled, wrap } from './text.js';
import { placedError } from '../lib/model/text-places.js';

/** A file of tests that ran. */
export interface TestRun {
  readonly file: TestFile;
  readonly report: PolicyTestReport;
  readonly milliseconds: number;
}

/** What `ztp test` does: 1 if a test fails. */
export async function runTests(paths: readonly string[], options: TestOptions): Promise<void> {
  const runs: TestRun[] = [];
  for (const path of paths) runs.push(await runFile(path, options));
  // For whoever watches: what was read.
  process.send?.(runs.flatMap(({ file }) => file.files));
  write(runs, options);
  process.exitCode = runs.every(({ report }) => report.passed) ? 0 : 1;
}

async function runFile(path: string, options: TestOptions): Promise<TestRun> {
  const file = await loadTestFile(path, options.model);
  const plan = planOf(file, options);
  const at = options.time === undefined ? file.suite.at : new Date(options.time * 1000).toISOString();
  const began = performance.now();
  const report = runPolicyTests(plan, { ...file.suite, ...(at !== undefined && { at }) });
  return { file, report, milliseconds: performance.now() - began };
}

/** Throws every finding of the model, with its place where that is text. */
function planOf({ model, modelTexts }: TestFile, { engine }: TestOptions): Plan {
  try {
    return resolve(model, { engine });
  } catch (error) {
    throw placedError(error, modelTexts);
  }
}

function write(runs: readonly TestRun[], options: TestOptions): void {
  if (options.junit !== undefined) writeJunit(options.junit, runs);
  process.stdout.write(options.json ? json(runs) : `${runs.map((run) => text(run, options)).join('\n')}\n`);
}

function writeJunit(path: string, runs: readonly TestRun[]): void {
  try {
    writeFileSync(path, junit(runs));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ZeroTrustError('junit-file', message, [
      {
        code: 'junit-file',
        severity: 'error',
        path,
        message: 'the results cannot be written',
        found: message,
      },
    ]);
  }
}

function json(runs: readonly TestRun[]): string {
  const files = runs.map(({ file, report }) => ({
    file: file.shown,
    passed: report.passed,
    results: report.results.map((result, at) => {
      const { name, passed, expected, decided, point, because, fault } = result;
      return {
        place: placeInWords(file, `tests[${at}]`),
        name,
        passed,
        expected,
        decided,
        point,
        because,
        fault,
      };
    }),
    coverage: report.coverage,
  }));
  return `${JSON.stringify({ passed: runs.every(({ report }) => report.passed), files }, undefined, 2)}\n`;
}

function text({ file, report, milliseconds }: TestRun, { coverage }: TestOptions): string {
  const failed = report.results.filter(({ passed }) => !passed).length;
  const count = `${report.results.length - failed} passed${failed > 0 ? `, ${failed} failed` : ''}`;
  const title = `${file.shown}: ${count} (${Math.ceil(milliseconds)} ms)`;
  return [
    ...report.results.flatMap((result, at) => (result.passed ? [] : [failure(file, result, at), ''])),
    styled(failed > 0 ? 'red' : 'green', title),
    ...(coverage ? coverageLines(report) : []),
  ].join('\n');
}

function failure(file: TestFile, result: PolicyTestResult, at: number): string {
  const { name, expected, decided, point, because, fault, test } = result;
  const within = `tests[${at}]`;
  if (fault) return formatFinding(foundInTest(fault, file, within));
  return [
    styled('red', wrap(`failed ${placeInWords(file, within)}: ${name}`, '', '  ')),
    ...(test.name === undefined ? [] : [wrap(test.request, '  ', '    ')]),
    wrap(expected, '  expected: '),
    wrap(`${decided}, at ${point}`, '  decided:  '),
    ...because.map((line) =>
      line.startsWith('- ') ? wrap(line.slice(2), '    - ', '      ') : wrap(line, '  '),
    ),
  ].join('\n');
}

function coverageLines({ coverage: { rules, conditions, missing } }: PolicyTestReport): string[] {
  return [
    `  rules that decided a test:                        ${rules.met} of ${rules.all}`,
    `  conditions and claims, each with and without it:  ${conditions.met} of ${conditions.all}`,
    ...missing.map((line) => wrap(line, '  - ', '    ')),
    ...(missing.length === 0 ? [] : [`  ${plural(missing.length, 'gap')}`]),
  ];
}
