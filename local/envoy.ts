import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { ENVOY_ARGUMENTS } from '../lib/envoy/index.js';
import { isLive, type RouteState, routeState } from '../lib/point/admin.js';
import { Child, type Exit } from './child.js';
import type { EnvoyBinary } from './envoy-binary.js';
import { dockerLaunch, type Launch } from './envoy-docker.js';
import type { Listener } from './events.js';
import { readText, replaceFile } from './files.js';
import type { Guardian } from './guardian.js';

/** Milliseconds for an Envoy to load its configuration and listen. */
const START = 30_000;
/** Milliseconds for an Envoy to take a new route table. */
const APPLY = 10_000;
const POLL = 10;
/** Milliseconds before the first, second, … restart of an Envoy that ended by itself. */
const BACKOFF = [100, 300, 900, 2700];
/** Milliseconds after which an Envoy counts as running well again. */
const STEADY = 60_000;

export interface EnvoyOptions {
  /** The key of its point. */
  readonly point: string;
  readonly binary: EnvoyBinary;
  /** The state folder, and the point's own inside it. */
  readonly state: string;
  readonly folder: string;
  readonly adminSocket: string;
  /** Where the route table is watched. */
  readonly routesPath: string;
  readonly guardian: Guardian;
  readonly onEvent: Listener;
}

/** A rendered configuration. */
export interface EnvoyConfiguration {
  /** Bytes; a change needs another process. */
  readonly bootstrap: string;
  /** Bytes; a change is taken while it runs. */
  readonly routes: string;
}

/** A table of routes as Envoy reads it from a file. */
interface RouteFile {
  readonly version_info: string;
  readonly resources: readonly { readonly name: string }[];
}

/** One real Envoy: a process, its files, and its restart when it ends by itself. */
export class Envoy {
  #child: Child | undefined;
  #configuration: EnvoyConfiguration;
  /** Changes whenever someone starts or stops it, so that what was begun before knows that it is over. */
  #epoch = 0;
  #restarts = 0;
  #down: Exit | undefined;

  constructor(
    readonly options: EnvoyOptions,
    configuration: EnvoyConfiguration,
  ) {
    this.#configuration = configuration;
  }

  get pid(): number | undefined {
    return this.#child?.running ? this.#child.pid : undefined;
  }

  /** The configuration in force. */
  get configuration(): EnvoyConfiguration {
    return this.#configuration;
  }

  /** How it ended, if it is not restarted any more. */
  get down(): Exit | undefined {
    return this.#down;
  }

  /** Start it and wait until it listens. Throws `envoy-refused` with its last lines if it does not. */
  async start(): Promise<void> {
    this.#epoch += 1;
    this.#restarts = 0;
    this.#down = undefined;
    try {
      await this.#begin();
    } catch (error) {
      this.#down = await this.#child?.exited;
      throw error;
    }
  }

  /**
   * Take a new table of routes without touching a connection. Throws `routes-refused` if Envoy keeps
   * the old one, and puts that back on disk. One that is down takes it when it starts.
   */
  async applyRoutes(routes: string): Promise<void> {
    const previous = this.#configuration.routes;
    if (routes === previous) return;
    const { version_info: version, resources } = JSON.parse(routes) as RouteFile;
    const table = resources[0]?.name ?? '';
    const before = await this.#routeState(table);
    this.#configuration = { ...this.#configuration, routes };
    replaceFile(this.options.routesPath, routes);
    const deadline = performance.now() + APPLY;
    while (this.#child?.running) {
      const state = await this.#routeState(table);
      if (state?.version === version) return;
      const refused = state && before && state.refused > before.refused;
      if (refused || performance.now() > deadline) {
        this.#configuration = { ...this.#configuration, routes: previous };
        replaceFile(this.options.routesPath, previous);
        const said = this.#child.tail().findLast((line) => line.includes('rejected'));
        throw new ZeroTrustError(
          'routes-refused',
          `the Envoy of ${this.options.point} keeps its rules: ${said ?? 'no answer in time'}`,
        );
      }
      await sleep(POLL);
    }
  }

  /** Whether Envoy would load another bootstrap. Throws `envoy-refused` with what it says if not. */
  async validate({ bootstrap, routes }: EnvoyConfiguration): Promise<void> {
    const path = join(this.options.folder, 'candidate.json');
    replaceFile(path, bootstrap);
    // It wants the watched file to be there; one that is in use stays as it is.
    if (!existsSync(this.options.routesPath)) replaceFile(this.options.routesPath, routes);
    try {
      const { command, args, cleanUp } = this.#launch(['--mode', 'validate', '--config-path', path]);
      const child = new Child({
        command,
        args,
        environment: this.#environment(),
        guardian: this.options.guardian,
      });
      const { code, tail } = await child.exited;
      await cleanUp?.();
      if (code !== 0) throw refused(this.options.point, 'would not start', tail);
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** Another configuration, in another process. */
  async restart(configuration: EnvoyConfiguration): Promise<void> {
    await this.stop();
    this.#configuration = configuration;
    await this.start();
  }

  async stop(): Promise<void> {
    this.#epoch += 1;
    await this.#child?.stop();
  }

  /** Stop it, and leave nothing of it. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.options.folder, { recursive: true, force: true });
    rmSync(this.options.adminSocket, { force: true });
  }

  #launch(args: readonly string[]): Launch {
    const { binary, state } = this.options;
    const all = [...args, ...ENVOY_ARGUMENTS, '--concurrency', '1', '--log-level', 'warning'];
    return binary.docker ? dockerLaunch(binary.docker, state, all) : { command: binary.path, args: all };
  }

  /** Nothing of this process's environment reaches an Envoy; the Docker client needs its own. */
  #environment(): NodeJS.ProcessEnv {
    return this.options.binary.docker ? process.env : {};
  }

  /** One process, up to the moment when it listens; from then on its end is a crash. */
  async #begin(): Promise<void> {
    const epoch = this.#epoch;
    this.#write(this.#configuration);
    const { child, cleanUp } = this.#run(epoch);
    this.#child = child;
    const deadline = performance.now() + START;
    while (!(await isLive(this.options.adminSocket))) {
      if (!child.running || performance.now() > deadline) {
        await child.stop();
        await cleanUp?.();
        throw refused(this.options.point, 'did not start', (await child.exited).tail);
      }
      await sleep(POLL);
    }
    const started = performance.now();
    void child.exited.then(async (exit) => {
      await cleanUp?.();
      if (performance.now() - started > STEADY) this.#restarts = 0;
      if (epoch === this.#epoch) await this.#recover(epoch, exit);
    });
  }

  #run(epoch: number): { child: Child; cleanUp: Launch['cleanUp'] } {
    const { folder, guardian, onEvent, point } = this.options;
    const { command, args, cleanUp } = this.#launch([
      '--config-path',
      join(folder, 'bootstrap.json'),
      // The decision log is for someone who watches it.
      '--file-flush-interval-msec',
      '100',
    ]);
    const child = new Child({
      command,
      args,
      directory: folder,
      environment: this.#environment(),
      guardian,
      onLine: (line, stream) => {
        if (stream === 'stdout' && line.startsWith('{')) onEvent({ kind: kindOf(line), point, line });
        else if (epoch === this.#epoch) onEvent({ kind: 'output', part: point, line });
      },
    });
    return { child, cleanUp };
  }

  /** It ended by itself: start it again, a few times. */
  async #recover(epoch: number, exit: Exit): Promise<void> {
    const { point: part, onEvent } = this.options;
    const wait = BACKOFF[this.#restarts];
    if (wait === undefined) {
      this.#down = exit;
      const next = `it ended ${BACKOFF.length + 1} times and stays down until the next edit; nothing passes there`;
      onEvent({ kind: 'crashed', part, exit, next });
      return;
    }
    this.#restarts += 1;
    onEvent({
      kind: 'crashed',
      part,
      exit,
      next: `it is started again in ${wait} ms; nothing passes there meanwhile`,
    });
    await sleep(wait);
    if (epoch !== this.#epoch) return;
    try {
      await this.#begin();
      onEvent({ kind: 'restarted', part });
    } catch {
      const ended = await this.#child?.exited;
      if (epoch === this.#epoch && ended) await this.#recover(epoch, ended);
    }
  }

  async #routeState(table: string): Promise<RouteState | undefined> {
    try {
      return await routeState(this.options.adminSocket, table);
    } catch {
      return undefined;
    }
  }

  #write({ bootstrap, routes }: EnvoyConfiguration): void {
    replaceFile(join(this.options.folder, 'bootstrap.json'), bootstrap);
    if (readText(this.options.routesPath) !== routes) replaceFile(this.options.routesPath, routes);
  }
}

/** A quotation mark inside a value is escaped, so no caller can write this. */
function kindOf(line: string): 'decision' | 'tunnel' {
  return line.includes('"event":"tunnel"') ? 'tunnel' : 'decision';
}

function refused(point: string, how: string, tail: readonly string[]): ZeroTrustError {
  const lines = tail.map((line) => `  ${line}`);
  return new ZeroTrustError('envoy-refused', [`the Envoy of ${point} ${how}:`, ...lines].join('\n'));
}
