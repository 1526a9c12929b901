import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { envoyCache } from '../../../../local/envoy-venv.js';
import { withLock } from '../../../../local/lock.js';

const run = promisify(execFile);

const PACKAGE = 'aws-lambda-ric@4.0.2';
const INTEGRITY =
  'sha512-FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==';

/** Milliseconds for 3 MB to arrive: give them to `beforeAll`. */
export const RUNTIME_CLIENT_TIMEOUT = 2 * 60_000;

/**
 * The arguments for Node that start the client which Lambda itself runs functions with; the handler's
 * name follows. It is fetched at the first use, once per user, and no dependency: installing it builds
 * curl from source, for the two calls that `native-client.cjs` makes in its place.
 */
export async function runtimeClient(): Promise<readonly string[]> {
  const cache = envoyCache(process.env);
  const home = join(cache, PACKAGE.replace('@', '-'));
  await mkdir(cache, { recursive: true, mode: 0o700 });
  if (!existsSync(home)) await withLock(`${home}.lock`, () => install(home));
  return ['--import', join(__dirname, 'register.mjs'), join(home, 'package', 'index.mjs')];
}

/** The folder appears by one rename, so it is whole or not there. */
async function install(home: string): Promise<void> {
  if (existsSync(home)) return;
  const partial = `${home}.partial-${process.pid}`;
  try {
    await mkdir(partial, { recursive: true });
    const { stdout } = await run('npm', ['pack', '--silent', PACKAGE], { cwd: partial });
    const file = join(partial, stdout.trim());
    const hash = createHash('sha512')
      .update(await readFile(file))
      .digest('base64');
    if (`sha512-${hash}` !== INTEGRITY) throw new Error(`${PACKAGE} is not the one that was looked at`);
    await run('tar', ['-xzf', file, '-C', partial, 'package/index.mjs', 'package/package.json']);
    await rename(partial, home);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
