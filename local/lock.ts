import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codedError } from '../lib/coded-error.js';

/** Milliseconds between two looks at a lock that another process holds. */
const POLL = 200;
/** Milliseconds after which a lock without a readable owner was left by a process that died at once. */
const ORPHANED = 5_000;
/** Milliseconds to wait for another process. */
const PATIENCE = 20 * 60_000;

/**
 * Run `work` while no other process of this machine does so with the same lock: a folder, because
 * making one either succeeds or fails as a whole on every file system. The lock of a process that
 * is gone is taken over; two waiters may take it over at the same moment, so what it guards must
 * stay whole when done twice.
 */
export async function withLock<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const owner = join(folder, 'owner');
  const deadline = performance.now() + PATIENCE;
  while (!(await made(folder))) {
    if (await isAbandoned(folder, owner)) await rm(folder, { recursive: true, force: true });
    else if (performance.now() > deadline) {
      throw codedError('lock-timeout', folder, 'another process holds this lock for too long', {
        remedy: 'if no process does, remove the folder',
      });
    } else await sleep(POLL);
  }
  try {
    await writeFile(owner, String(process.pid));
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function made(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(folder: string, owner: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(owner, 'utf8'));
    if (pid > 0) return !isAlive(pid);
    return Date.now() - (await stat(folder)).mtimeMs > ORPHANED;
  } catch {
    // Not written yet, or released this moment.
    return stat(folder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs > ORPHANED,
      () => false,
    );
  }
}

/** Whether a process of this machine has that id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
