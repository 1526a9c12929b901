import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { MutantResult } from '@stryker-mutator/api/core' with { 'resolution-mode': 'import' };

/** What became of the mutants of one file. */
export interface FileResult {
  /** SHA-256 of the source that was judged, in hexadecimal. */
  readonly source: string;
  readonly mutants: number;
  readonly killed: number;
  /** Killed as they never end. */
  readonly endless: number;
  /** By name, in the order of the file. */
  readonly survivors: readonly string[];
}

/** The committed outcome of a whole run, by file. */
export type Result = Readonly<Record<string, FileResult>>;

/** Mutants that live, and why they decide nothing else. */
export interface Survivors {
  readonly reason: string;
  readonly mutants: readonly string[];
}

export const ROOT = join(__dirname, '../../..');
const RESULT = join(__dirname, 'result.json');
const SURVIVORS = join(__dirname, 'survivors.json');
/** Characters of a name's parts: enough to find the place. */
const SHOWN = 90;

export function readResult(): Result {
  return JSON.parse(readFileSync(RESULT, 'utf8')) as Result;
}

export function readSurvivors(): Survivors[] {
  return JSON.parse(readFileSync(SURVIVORS, 'utf8')) as Survivors[];
}

/**
 * Keep what was found about the files of a batch, beside what the committed result has of others that are still
 * mutated. Stryker tells of those, too, what it found earlier, but for what is to be judged anew.
 */
export function keep(
  found: readonly MutantResult[],
  batch: readonly string[],
  files: readonly string[],
  earlier: Result,
): Result {
  const byFile = Map.groupBy(found, ({ fileName }) => relative(ROOT, resolve(ROOT, fileName)));
  const entries = files.flatMap((file): [string, FileResult][] => {
    const own = batch.includes(file) ? byFile.get(file) : undefined;
    if (own) return [[file, summary(file, own)]];
    return earlier[file] ? [[file, earlier[file]]] : [];
  });
  const result = Object.fromEntries(entries);
  writeFileSync(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
  return result;
}

/**
 * What is wrong with a result: mutants that live without a reason, and reasons for what is dead or gone in a
 * file that has been judged.
 */
export function objections(
  result: Readonly<Record<string, Pick<FileResult, 'survivors'>>>,
  survivors: readonly Survivors[],
): string[] {
  const living = new Set(Object.values(result).flatMap((file) => file.survivors));
  const listed = new Set(survivors.flatMap(({ mutants }) => mutants));
  return [
    ...[...living]
      .filter((name) => !listed.has(name))
      .map((name) => `survives, and no reason is listed: ${name}`),
    ...[...listed]
      .filter((name) => !living.has(name) && fileOf(name) in result)
      .map((name) => `is listed as a survivor, and is none: ${name}`),
    ...survivors.filter(({ reason }) => reason.trim() === '').map(() => 'a reason is empty'),
  ];
}

/** The files of a result whose source is another by now, or gone. */
export function stale(result: Result): string[] {
  return Object.entries(result)
    .filter(([file, { source }]) => !existsSync(join(ROOT, file)) || digestOf(file) !== source)
    .map(([file]) => file);
}

function digestOf(file: string): string {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, file)))
    .digest('hex');
}

/** The file of a mutant, by its name. */
function fileOf(name: string): string {
  return name.slice(0, name.indexOf(':'));
}

function summary(file: string, mutants: readonly MutantResult[]): FileResult {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  const sorted = mutants
    .filter(({ status }) => status !== 'Ignored' && status !== 'CompileError')
    .toSorted(
      (a, b) =>
        a.location.start.line - b.location.start.line || a.location.start.column - b.location.start.column,
    );
  const count = (status: MutantResult['status']) => sorted.filter((one) => one.status === status).length;
  const names = sorted
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage' || status === 'RuntimeError')
    .map(
      (mutant) =>
        `${file}: ${mutant.mutatorName}: ${brief(textAt(lines, mutant))} → ${brief(mutant.replacement ?? '')}`,
    );
  return {
    source: digestOf(file),
    mutants: sorted.length,
    killed: count('Killed'),
    endless: count('Timeout'),
    // The same text twice in a file gets a number.
    survivors: names.map((name, at) => {
      const before = names.slice(0, at).filter((one) => one === name).length;
      return before === 0 ? name : `${name} (${before + 1})`;
    }),
  };
}

function textAt(lines: readonly string[], { location: { start, end } }: MutantResult): string {
  // Lines and columns are counted from 1.
  const own = lines.slice(start.line - 1, end.line);
  const last = own.length - 1;
  return own
    .map((line, at) => line.slice(at === 0 ? start.column - 1 : 0, at === last ? end.column - 1 : undefined))
    .join('\n');
}

function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}
