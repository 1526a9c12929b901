import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { compiledPackage } from '../support/compiled.js';

const root = resolve(__dirname, '../..');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** @default the package's folder */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Options of Node itself. */
  readonly node?: readonly string[];
}

/**
 * The package as a user has it installed: built from the sources as they are now, in a folder of its
 * own, so that neither an older `dist/` nor another run of the tests can be taken for it, and no test's changes.
 */
export class BuiltPackage {
  readonly folder = mkdtempSync(join(tmpdir(), 'ztp-cli-'));

  constructor() {
    cpSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
    cpSync(join(root, 'examples'), join(this.folder, 'examples'), { recursive: true });
    cpSync(join(compiledPackage(), 'dist'), join(this.folder, 'dist'), { recursive: true });
  }

  /** Run `ztp` in the package's folder, its output into pipes. */
  ztp(words: readonly string[], options: RunOptions = {}): Outcome {
    return this.node([...(options.node ?? []), join(this.folder, 'dist/cli/ztp.js'), ...words], options);
  }

  /** Load each file as a command would, all in one process: the model as JSON, or the error as it is printed. */
  load(names: readonly string[]): Record<string, { model?: unknown; error?: string }> {
    const script = `
      const { loadModelFile } = require('./dist/cli/model-file.js');
      const { formatError } = require('./dist/cli/error.js');
      (async () => {
        const results = {};
        for (const name of process.argv.slice(1)) {
          results[name] = await loadModelFile(name).then(({ model }) => ({ model }), (error) => ({ error: formatError(error) }));
        }
        process.stdout.write(JSON.stringify(results, (_, value) => value?.rule ?? value));
      })();`;
    const { stdout, stderr } = this.node(['-e', script, ...names]);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Record<string, { model?: unknown; error?: string }>;
  }

  /** Run Node in the package's folder. */
  node(words: readonly string[], { cwd = this.folder, env }: RunOptions = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      encoding: 'utf8',
      timeout: 120_000,
      cwd,
      env: { ...plainEnvironment(), ...env },
    });
    return { status, stdout, stderr };
  }

  /** A file in the package's folder; the name is what `ztp` can be given. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return name;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Nothing of the test run's own that changes what Node or a terminal does. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, NO_COLOR: ___, COLUMNS: ____, ...rest } = process.env;
  return rest;
}

/** Every line fits a terminal of 80 columns, unless it is one word, which is there to be copied. */
export function tooWide(text: string): string[] {
  return text.split('\n').filter((line) => line.length > 80 && line.trim().includes(' '));
}
