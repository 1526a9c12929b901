import { type FSWatcher, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Milliseconds of quiet after an edit: editors write a file in several steps. */
const QUIET = 60;

/**
 * Tells of changes to a set of files, one call at a time: what is edited during a call leads to
 * another one after it. It watches their folders, because an editor that saves by
 * renaming replaces the file that was watched.
 */
export class FileWatcher {
  readonly #watchers = new Map<string, FSWatcher>();
  #files = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    /** Never rejects. */
    readonly onChange: () => Promise<void>,
  ) {}

  /** Watch exactly these from now on. */
  set(files: readonly string[]): void {
    if (this.#closed) return;
    this.#files = new Set(files.map((file) => resolve(file)));
    const folders = new Set([...this.#files].map(dirname));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #tell(): void {
    this.#last = this.#last.then(() => (this.#closed ? undefined : this.onChange()));
  }

  #watch(folder: string): void {
    const watcher = watch(folder, (_event, name) => {
      if (name !== null && !this.#files.has(resolve(folder, name))) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#tell(), QUIET);
    });
    // The folder went away: a later `set` watches it again if it is back.
    watcher.on('error', () => {
      watcher.close();
      this.#watchers.delete(folder);
    });
    this.#watchers.set(folder, watcher);
  }
}
