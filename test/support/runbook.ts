import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { packageRoot } from '../../local/package-root.js';
import { program } from '../local/temporary.js';

const FOLDER = join(packageRoot(), 'docs', 'runbooks');

/** The pages that have a script, by name. */
export const RUNBOOKS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .map((name) => name.slice(0, -'.md'.length));

export interface Ran {
  readonly status: number | null;
  /** What it printed, to both. */
  readonly output: string;
}

/**
 * Run the script of a page as an operator does, but that `npx ztp` and `npx cdk` are the programs here: nothing is asked
 * of a registry of packages.
 */
export async function runbook(
  name: string,
  npx: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): Promise<Ran> {
  const bin = mkdtempSync(join(tmpdir(), 'ztp-npx-'));
  const cases = Object.entries(npx).map(([word, command]) => `${word}) shift; exec ${command} ;;`);
  program(bin, 'npx', `case $1 in\n${cases.join('\n')}\n*) echo "no $1 here" >&2; exit 9 ;;\nesac`);
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const env = {
    ...process.env,
    ...environment,
    PATH: `${bin}${delimiter}${environment['PATH'] ?? process.env['PATH']}`,
    NO_COLOR: '1',
  };
  const child = execFile('sh', [join(FOLDER, `${name}.sh`)], { cwd: directory, env }, (_, stdout, stderr) =>
    resolve({ status: child.exitCode, output: `${stdout}${stderr}` }),
  );
  return promise;
}

/** A command line of the shell that runs a program of Node with these words, and then what it is given. */
export function nodeCommand(...words: readonly string[]): string {
  return [process.execPath, ...words]
    .map((word) => `'${word}'`)
    .join(' ')
    .concat(' "$@"');
}

/** The commands of a page: its blocks of shell, as its script has them. */
export function commandsOf(name: string): { readonly page: string; readonly script: string } {
  const page = readFileSync(join(FOLDER, `${name}.md`), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  const file = join(FOLDER, `${name}.sh`);
  return { page: blocks.join('\n'), script: existsSync(file) ? readFileSync(file, 'utf8') : '' };
}

export const header = (name: string) =>
  `#!/bin/sh\n# The commands of ${name}.md, which explains them.\nset -eu\n\n`;
