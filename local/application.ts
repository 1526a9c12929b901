import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZeroTrustError } from '../lib/diagnostic.js';
import type { ServiceNode } from '../lib/plan/plan.js';
import { Child } from './child.js';
import { type Echo, startGrpcEcho, startHttpEcho } from './echo.js';
import type { Listener } from './events.js';
import type { Guardian } from './guardian.js';

/** Milliseconds for an application to listen. */
const START = 60_000;
const POLL = 25;

/** How an application is run; equal values need no restart. */
export interface ApplicationSpec {
  /** A shell command; absent for the built-in echo. */
  readonly run?: string;
  readonly directory?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly address: string;
  readonly port: number;
}

/** What a service is: the user's command, or an echo. */
export class Application {
  #child: Child | undefined;
  #echo: Echo | undefined;
  #stopping = false;

  constructor(
    readonly service: ServiceNode,
    readonly spec: ApplicationSpec,
    readonly guardian: Guardian,
    readonly onEvent: Listener,
  ) {}

  get running(): boolean {
    return this.#echo !== undefined || this.pid !== undefined;
  }

  get pid(): number | undefined {
    return this.#child?.running ? this.#child.pid : undefined;
  }

  /** Start it and wait until it listens. Throws `application-not-listening` with its last lines. */
  async start(): Promise<void> {
    const { address, port, run } = this.spec;
    if (run === undefined) {
      const start = this.service.protocol === 'grpc' ? startGrpcEcho : startHttpEcho;
      this.#echo = await start(this.service.name, address, port);
      return;
    }
    const child = this.#launch(run);
    const deadline = performance.now() + START;
    while (!(await accepts(address, port))) {
      if (!child.running || performance.now() > deadline) {
        this.#stopping = true;
        await child.stop();
        const { tail, code, signal } = await child.exited;
        const how = child.pid === undefined ? 'could not be started' : `ended with ${signal ?? code}`;
        throw new ZeroTrustError(
          'application-not-listening',
          [
            `${this.service.name} (${run}) does not listen on ${address}:${port}; it ${how}. It must listen on HOST and PORT.`,
            ...tail.map((line) => `  ${line}`),
          ].join('\n'),
        );
      }
      await sleep(POLL);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#child?.stop();
    await this.#echo?.close();
  }

  #launch(run: string): Child {
    const { directory, environment, address, port } = this.spec;
    const part = this.service.name;
    const child = new Child({
      command: '/bin/sh',
      args: ['-c', run],
      ...(directory !== undefined && { directory }),
      environment: { ...process.env, ...environment, HOST: address, PORT: String(port) },
      guardian: this.guardian,
      onLine: (line) => this.onEvent({ kind: 'output', part, line }),
    });
    this.#child = child;
    void child.exited.then((exit) => {
      if (this.#stopping) return;
      const next = 'it is started again at the next edit; until then its sidecar answers 503';
      this.onEvent({ kind: 'crashed', part, exit, next });
    });
    return child;
  }
}

function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection({ host: address, port });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
