import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVOY_ARGUMENTS, ROUTES } from '../../../lib/envoy/index.js';
import type { RefValues } from '../../../lib/plan/refs.js';
import { adminGet, isLive, routeState } from '../../../lib/point/admin.js';
import { Child } from '../../../local/child.js';
import { dockerLaunch } from '../../../local/envoy-docker.js';
import type { Documents } from './documents.js';
import { point, type World } from './world.js';

/** Milliseconds for an Envoy to listen with all that it was given; a sound one takes a few hundred. */
const START = 6_000;
/** Milliseconds for a line of the decision log to be written. */
const LOG = 2_500;
const POLL = 4;

export type LogLine = Readonly<Record<string, unknown>>;

/** An Envoy that did not come to run with what it was given. */
export class Refusal {
  constructor(
    readonly how: 'exited' | 'not ready' | 'routes not taken',
    readonly tail: readonly string[],
  ) {}
}

/** One running Envoy of a world. */
export class Subject {
  readonly #lines: LogLine[] = [];
  readonly #unparsed: string[] = [];

  private constructor(
    readonly world: World,
    readonly folder: string,
    readonly child: Child,
  ) {}

  /** Start the point with the change made to its configuration. */
  static async start(
    world: World,
    change: (documents: Documents) => Documents,
    values: RefValues = {},
  ): Promise<Subject | Refusal> {
    const folder = await world.write(change, values);
    const { binary, state, guardian } = world;
    const args = [
      ...['--config-path', join(folder, 'bootstrap.json')],
      ...ENVOY_ARGUMENTS,
      ...['--concurrency', '1'],
      ...['--log-level', 'warning'],
      ...['--file-flush-interval-msec', '20'],
    ];
    const launch = binary.docker
      ? dockerLaunch(binary.docker, state.path, args)
      : { command: binary.path, args };
    const sink: { subject?: Subject } = {};
    const child = new Child({
      ...launch,
      directory: folder,
      environment: binary.docker ? process.env : {},
      guardian,
      onLine: (line, stream) => {
        if (stream === 'stdout') sink.subject?.take(line);
      },
    });
    const subject = new Subject(world, folder, child);
    sink.subject = subject;
    const refusal = await subject.#waitUntilReady();
    if (!refusal) return subject;
    await subject.stop();
    return refusal;
  }

  get adminSocket(): string {
    return this.#bootstrapText('admin.address.pipe.path') ?? '';
  }

  /** The routes that it was given. */
  get routes(): { version_info?: string; resources: object[] } {
    return JSON.parse(readFileSync(join(this.folder, 'first', 'routes.json'), 'utf8')) as ReturnType<
      () => Subject['routes']
    >;
  }

  /** Give it other routes; whether it takes them. */
  async offer(routes: object, version: string): Promise<boolean> {
    const before = await routeState(this.adminSocket, ROUTES);
    mkdirSync(join(this.folder, version));
    writeFileSync(
      join(this.folder, version, 'routes.json'),
      JSON.stringify({ ...routes, version_info: version }),
    );
    point(this.folder, version);
    const deadline = performance.now() + 1_500;
    for (;;) {
      const state = await routeState(this.adminSocket, ROUTES);
      if (state.version === version) return true;
      if (state.refused > before.refused || performance.now() > deadline) return false;
      await sleep(POLL);
    }
  }

  admin(path: string): Promise<{ status: number; body: string }> {
    return adminGet(this.adminSocket, path);
  }

  /** The lines of the decision log that fit; none if none comes. Those of one request are written together. */
  async logged(fits: (line: LogLine) => boolean, patience = LOG): Promise<LogLine[]> {
    const deadline = performance.now() + patience;
    while (!this.#lines.some(fits) && performance.now() < deadline) await sleep(POLL);
    return this.#lines.filter(fits);
  }

  /** What it wrote on standard output that is no line of the decision log. */
  get unparsed(): readonly string[] {
    return this.#unparsed;
  }

  take(line: string): void {
    try {
      this.#lines.push(JSON.parse(line) as LogLine);
    } catch {
      this.#unparsed.push(line);
    }
  }

  async stop(): Promise<void> {
    await this.child.stop(0);
  }

  async #waitUntilReady(): Promise<Refusal | undefined> {
    const deadline = performance.now() + START;
    const { version_info: version = '' } = this.routes;
    const socket = this.adminSocket;
    let live = false;
    for (;;) {
      if (!this.child.running) return new Refusal('exited', this.child.tail());
      live ||= await isLive(socket);
      if (live) {
        const state = await routeState(socket, ROUTES);
        if (state.version === version && version !== '') return undefined;
        if (state.refused > 0) return new Refusal('routes not taken', this.child.tail());
      }
      if (performance.now() > deadline) {
        return new Refusal(live ? 'routes not taken' : 'not ready', this.child.tail());
      }
      await sleep(POLL);
    }
  }

  #bootstrapText(path: string): string | undefined {
    const bootstrap: unknown = JSON.parse(readFileSync(join(this.folder, 'bootstrap.json'), 'utf8'));
    const found = path
      .split('.')
      .reduce<unknown>(
        (value, name) =>
          typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
        bootstrap,
      );
    return typeof found === 'string' ? found : undefined;
  }
}
