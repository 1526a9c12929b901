// The temporary folder of one run of the tests. What they leave in it is gone with the run: an assembly of the
// CDK that nobody named, code that was staged for it (no process of jest's ends by itself, so none removes its
// own), and what tests share that is made once in a run.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Short, as the paths of sockets in it are limited to some 100 bytes. */
const PREFIX = 'ztp-run-';
/** In the folder, a folder whose name ends with the id of the process that the run is. */
const OWNER = 'owner-';

/** @type {string | undefined} */
let elsewhere;

export function openRunFolder() {
  elsewhere = process.env.TMPDIR;
  sweep(tmpdir());
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  mkdirSync(join(folder, `${OWNER}${process.pid}`));
  // Workers, and what they start, have it from here.
  process.env.TMPDIR = folder;
}

export function closeRunFolder() {
  const folder = process.env.TMPDIR;
  if (elsewhere === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = elsewhere;
  // Something that a test ended may write a last line.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Remove the folders of runs that were killed. */
function sweep(outer) {
  for (const name of readdirSync(outer).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(outer, name);
    try {
      const owner = readdirSync(folder).find((entry) => entry.startsWith(OWNER));
      if (owner !== undefined && !isAlive(Number(owner.slice(OWNER.length)))) {
        rmSync(folder, { recursive: true, force: true });
      }
    } catch {
      // Another user's, or removed this moment.
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
