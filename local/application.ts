import { statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { codedError } from '../lib/coded-error.js';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { elementPath } from '../lib/model/element-path.js';
import type { ServiceNode } from '../lib/plan/plan.js';
import { Child } from './child.js';
import { type Echo, startGrpcEcho, startHttpEcho, startTcpEcho } from './echo.js';
import type { Listener } from './events.js';
import type { Guardian } from './guardian.js';

/** Milliseconds for an application to listen. */
const START = 60_000;
const POLL = 25;

const ECHOES = { http: startHttpEcho, grpc: startGrpcEcho, tcp: startTcpEcho } as const;

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
  /** Until it listens its end is told by `start`, and while it is stopped by nobody. */
  #listening = false;

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

  /** Start it and wait until it listens. Throws `application-not-listening`; what it prints are events. */
  async start(): Promise<void> {
    const { address, port, run } = this.spec;
    if (run === undefined) {
      this.#echo = await ECHOES[this.service.protocol](this.service.name, address, port);
      return;
    }
    this.#checkFolder();
    const child = this.#launch(run);
    const deadline = performance.now() + START;
    while (!(await accepts(address, port))) {
      if (!child.running || performance.now() > deadline) throw await this.#notListening(child);
      await sleep(POLL);
    }
    this.#listening = child.running;
  }

  async stop(): Promise<void> {
    this.#listening = false;
    await this.#child?.stop();
    await this.#echo?.close();
  }

  /** A person has seen what it printed; whoever only gets the error finds it in the message. */
  async #notListening(child: Child): Promise<ZeroTrustError> {
    const { address, port, run } = this.spec;
    const ended = !child.running;
    await child.stop();
    const { code, signal, tail } = await child.exited;
    const how = ended ? `ended with ${signal ?? code}` : `does not listen after ${START / 1000} s`;
    const error = codedError(
      'application-not-listening',
      this.#path('run'),
      'the application does not listen',
      {
        found: `\`${run}\` ${how}`,
        expected: `a server at HOST and PORT of its environment, here ${address}:${port}`,
        remedy: 'see what it printed above, and correct it or the command',
      },
    );
    return new ZeroTrustError(error.code, [error.message, ...tail].join('\n  '), error.diagnostics);
  }

  #path(field: 'run' | 'directory'): string {
    return elementPath(['overlay', 'services', this.service.name, field]);
  }

  #checkFolder(): void {
    const { directory } = this.spec;
    if (directory === undefined || statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    throw codedError('no-directory', this.#path('directory'), 'there is no such folder', {
      found: directory,
      remedy: 'make it, or name one that is there, from the folder of the overlay',
    });
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
      if (!this.#listening) return;
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
