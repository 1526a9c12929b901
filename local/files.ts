import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { codedError } from '../lib/coded-error.js';
import { isAlive } from './lock.js';

export { replaceFile } from '../lib/point/files.js';

/** The file with the process id of whoever uses a folder. */
const OWNER = 'owner';

/** The longest path of a UNIX socket that every system takes (`sun_path` of macOS), in bytes. */
const SOCKET_PATH = 103;

/** The folder with everything that a running platform writes: keys among it, so nobody else may enter. */
export class StateFolder {
  private constructor(
    readonly path: string,
    /** Whether it goes when the platform goes. */
    readonly temporary: boolean,
  ) {}

  /** The given folder, made if it is not there, or a new temporary one. */
  static open(path?: string): StateFolder {
    if (path === undefined) return new StateFolder(mkdtempSync(join(tmpdir(), 'ztp-')), true);
    const folder = resolve(path);
    const owner = join(folder, OWNER);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(folder, 0o700);
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw codedError('state-directory', path, 'the state directory cannot be used', {
        found: (error as Error).message,
        remedy: 'name a folder that you own, or one that can be made',
      });
    }
    const pid = Number(readText(owner));
    if (pid > 0 && pid !== process.pid && isAlive(pid)) {
      throw codedError('state-directory-in-use', path, 'another platform runs in this folder', {
        found: `process ${pid}`,
        remedy: 'end that one, or name another folder',
      });
    }
    writeFileSync(owner, String(process.pid));
    return new StateFolder(folder, false);
  }

  /** A folder inside, made if it is not there. */
  folder(...names: string[]): string {
    const path = join(this.path, ...names);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /** The path of a UNIX socket inside; short, because the system limits its length. */
  socket(name: string): string {
    const path = join(this.folder('run'), `${name}.sock`);
    if (Buffer.byteLength(path) > SOCKET_PATH) {
      throw codedError('state-directory-too-long', path, 'the path is too long for a socket', {
        expected: `at most ${SOCKET_PATH} bytes`,
        remedy: 'choose a shorter state directory',
      });
    }
    return path;
  }

  /** Leave it: a temporary one goes, another is free for the next platform. */
  remove(): void {
    rmSync(this.temporary ? this.path : join(this.path, OWNER), { recursive: true, force: true });
  }
}

/** The text of a file; empty if it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
