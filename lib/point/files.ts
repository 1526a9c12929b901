import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Replace a file as a whole: a reader sees the old bytes or the new ones, and a watcher a rename. Only
 * its owner may read it.
 */
export function replaceFile(path: string, content: string): void {
  const next = join(dirname(path), `.${basename(path)}.${process.pid}.next`);
  writeFileSync(next, content, { mode: 0o600 });
  renameSync(next, path);
}

/** A folder that only its owner may enter, made if it is not there. */
export function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}
