import type { Listener } from './events.js';
import type { Change, Platform } from './platform.js';
import type { PlatformSource } from './platform-options.js';
import { FileWatcher } from './watch.js';

/** A source, and every file that it was made from. */
export interface LoadedSource {
  readonly source: PlatformSource;
  readonly files: readonly string[];
}

export interface FollowOptions {
  readonly platform: Platform;
  /** Read the source anew. */
  readonly load: () => Promise<LoadedSource>;
  /** The files of the source that runs. */
  readonly files: readonly string[];
  readonly onEvent: Listener;
}

/**
 * Follow edits of the model, the overlay and the revocations for as long as the platform runs. An
 * edit that does not become a platform is shown, and the last good one stays. Returns how to end it.
 */
export function follow({ platform, load, files, onEvent }: FollowOptions): () => void {
  const apply = async (what: 'model' | 'revocations', change: () => Promise<Change>) => {
    const start = performance.now();
    try {
      const settled = await change();
      // What is waited for begins with the reading of the files.
      onEvent({ kind: 'applied', what, ...settled, milliseconds: performance.now() - start });
    } catch (error) {
      onEvent({ kind: 'rejected', what, error });
    }
  };
  const source = new FileWatcher(() =>
    apply('model', async () => {
      const loaded = await load();
      source.set(loaded.files);
      return platform.update(loaded.source);
    }),
  );
  const revocations = new FileWatcher(() => apply('revocations', () => platform.revoke()));
  source.set(files);
  revocations.set([platform.revocationsPath]);
  return () => {
    source.close();
    revocations.close();
  };
}
