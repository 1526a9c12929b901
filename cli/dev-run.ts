import { accessSync, constants, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeEnvoy, findEnvoy } from '../local/envoy-binary.js';
import type { PlatformEvent } from '../local/events.js';
import { replaceFile } from '../local/files.js';
import { follow } from '../local/follow.js';
import { Users } from '../local/identity/users.js';
import { Platform } from '../local/platform.js';
import { peopleOf, sampleRequest } from '../local/sample-request.js';
import { DevScreen } from './dev-screen.js';
import { loadSource } from './dev-source.js';
import { cliError } from './error.js';
import { wrap } from './text.js';
import { placed, placedError, type SourceText } from '../lib/model/text-places.js';

export interface DevOptions {
  readonly overlay?: string;
  readonly users?: string;
  readonly readyFile?: string;
  readonly stateDir?: string;
  readonly port?: number;
  readonly once?: boolean;
  readonly log: 'text' | 'json';
}

/** Run a platform until a signal ends it. Throws what keeps it from starting. */
export async function runDev(path: string, options: DevOptions): Promise<void> {
  const screen = new DevScreen(options.log);
  const readyFile = new ReadyFileWriter(options.readyFile);
  const end = untilSignal(() => screen.line('Stopping; again to stop at once.'));
  let platform: Platform | undefined;
  let stopFollowing = () => {};
  // What was read last: findings have places in it.
  let texts: readonly SourceText[] = [];
  const load = async () => {
    const loaded = await loadSource(path, options.overlay);
    texts = loaded.texts;
    return loaded;
  };
  const onEvent = (event: PlatformEvent) => {
    screen.show(withPlaces(event, texts));
    // Addresses and processes may be others now.
    if (event.kind === 'applied' || event.kind === 'restarted') readyFile.write(platform);
  };
  try {
    const { source, files } = await load();
    // Throws what is wrong with the file, before anything starts.
    if (options.users !== undefined) new Users(options.users, () => {});
    const envoy = await findEnvoy({ onProgress: (message) => screen.line(message) });
    screen.line(wrap(describeEnvoy(envoy), '', '  '));
    for (const note of envoy.notes) screen.line(wrap(note, '  '));
    platform = await Platform.start({
      source,
      envoy,
      identity: { kind: 'local', ...(options.users !== undefined && { users: resolve(options.users) }) },
      ...(options.stateDir !== undefined && { stateFolder: options.stateDir }),
      ...(options.port !== undefined && { port: options.port }),
      onEvent,
      signal: end.signal,
    });
    readyFile.write(platform);
    screen.ready(platform.ready(), sampleRequest(platform.plan, peopleOf(options.users)));
    if (options.once) return;
    stopFollowing = follow({ platform, load, files, onEvent });
    await end.wanted;
  } catch (error) {
    // A stop that was asked for is no failure, even if it came while a part was starting.
    if (!end.signal.aborted) throw placedError(error, texts);
  } finally {
    stopFollowing();
    await platform?.stop();
    readyFile.remove();
    end.release();
  }
}

function withPlaces(event: PlatformEvent, texts: readonly SourceText[]): PlatformEvent {
  if (event.kind === 'rejected') return { ...event, error: placedError(event.error, texts) };
  if (event.kind === 'diagnostics') return { ...event, diagnostics: placed(event.diagnostics, texts) };
  return event;
}

/** `--ready-file`: there exactly while everything is up. */
class ReadyFileWriter {
  readonly #path: string | undefined;

  constructor(path: string | undefined) {
    this.#path = path === undefined ? undefined : resolve(path);
    try {
      if (this.#path !== undefined) accessSync(dirname(this.#path), constants.W_OK);
      // One of an earlier run that was killed would be taken for this one's.
      this.remove();
    } catch (error) {
      throw cliError('ready-file', path!, 'the file cannot be written', {
        found: error instanceof Error ? error.message : String(error),
        remedy: 'name a file in a folder that is there and is yours',
      });
    }
  }

  write(platform: Platform | undefined): void {
    if (this.#path === undefined || !platform) return;
    replaceFile(this.#path, `${JSON.stringify(platform.ready(), undefined, 2)}\n`);
  }

  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal asks for an end; the second ends this process, and the guardian what it leaves. */
function untilSignal(onFirst: () => void): {
  readonly signal: AbortSignal;
  readonly wanted: Promise<void>;
  release(): void;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const onSignal = () => {
    if (signal.aborted) process.exit(1);
    onFirst();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal,
    wanted: new Promise((done) => signal.addEventListener('abort', () => done(), { once: true })),
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
