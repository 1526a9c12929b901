import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { envoyCache } from '../../local/envoy-venv.js';
import { isAlive, withLock } from '../../local/lock.js';

const requirements = join(__dirname, 'python-requirements.txt');
/** Milliseconds for some 60 MB of wheels to arrive. */
const DOWNLOAD = 10 * 60_000;

/** Milliseconds that a first use may need: give it to `beforeAll`. */
export const PYTHON_TOOLS_TIMEOUT = DOWNLOAD;

/**
 * The Python of a private environment that has ministack, cfn-lint and cryptography: run them by
 * `python -m`. It is installed at the first use, once per user and version of the requirements;
 * several jest workers may ask at once, one installs and the others wait.
 */
export async function pythonTools(): Promise<string> {
  const cache = envoyCache(process.env);
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  // The folder appears by one rename, so it is whole or not there.
  const home = join(cache, `python-tools-${version}-${process.platform}-${process.arch}`);
  const python = join(home, 'bin', 'python');
  if (existsSync(python)) return python;

  await mkdir(cache, { recursive: true, mode: 0o700 });
  return withLock(`${home}.lock`, async () => {
    if (existsSync(python)) return python;
    process.stderr.write(`Installing the Python tools of the tests into ${home} (once, some 60 MB) …\n`);
    await sweep(cache);
    const partial = `${home}.partial-${process.pid}`;
    try {
      await install(partial);
      // Fails if another process was faster after all; its copy serves.
      await rename(partial, home).catch(() => {});
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    process.stderr.write('The Python tools are installed.\n');
    return python;
  });
}

/** Remove what installers that were killed left behind. */
async function sweep(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /^python-tools-.*\.partial-([0-9]+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

async function install(venv: string): Promise<void> {
  const run = promisify(execFile);
  await run('python3', ['-m', 'venv', venv]);
  const options = ['--require-hashes', '--only-binary', ':all:', '--no-input', '--quiet'];
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', ...options, '-r', requirements];
  await run(join(venv, 'bin', 'python'), pip, { timeout: DOWNLOAD });
}
