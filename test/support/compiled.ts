import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runFolder } from './run-folder.js';

const root = resolve(__dirname, '../..');
/** Milliseconds between two looks at what another worker compiles. */
const POLL = 100;

/**
 * The folder of a package whose `dist` is what the compiler makes of the sources as they are now: made once in a run of
 * the tests, in its own temporary folder, at the first use. Nobody may write to it.
 */
export function compiledPackage(): string {
  const made = join(runFolder(), 'compiled');
  while (!existsSync(made)) {
    if (!isFirst(`${made}.lock`)) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL);
      continue;
    }
    try {
      if (!existsSync(made)) compile(made);
    } finally {
      rmSync(`${made}.lock`, { recursive: true });
    }
  }
  return made;
}

function isFirst(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The folder appears by one rename, so it is whole or not there. */
function compile(made: string): void {
  const partial = `${made}.partial`;
  const dist = join(partial, 'dist');
  const program = join(root, 'node_modules/typescript/bin/tsc');
  // What a file is compiled to does not hang on what it imports; reading the CDK's types would be most of the work.
  const options = ['--outDir', dist, '--noCheck', '--noResolve', '--declaration', 'false'];
  const { status, stdout } = spawnSync(
    process.execPath,
    [program, '-p', join(root, 'tsconfig.build.json'), ...options],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
  for (const name of globSync('lib/**/*.json', { cwd: root })) cpSync(join(root, name), join(dist, name));
  // What the programs read of their package beside what is compiled.
  for (const name of ['package.json', 'gateway/images.json', 'local/requirements-envoy.txt']) {
    cpSync(join(root, name), join(partial, name));
  }
  symlinkSync(join(root, 'node_modules'), join(partial, 'node_modules'));
  renameSync(partial, made);
}
