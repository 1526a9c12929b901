import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVOY_ARGUMENTS, ROUTES } from '../../lib/envoy/index.js';
import { activity, adminPost, isLive, routeState } from '../../lib/point/admin.js';
import { AgentError } from './error.js';

/** Milliseconds for Envoy to load its configuration, the first fetch of the issuers' keys included. */
const START = 60_000;
/** Milliseconds for Envoy to take the file of rules after it was replaced. */
const TAKE = 10_000;
const POLL = 50;
/** Milliseconds from SIGTERM to SIGKILL. */
const GRACE = 5000;

export interface EnvoyOptions {
  readonly program: string;
  readonly bootstrap: string;
  readonly adminSocket: string;
  readonly folder: string;
  readonly drainSeconds: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The one Envoy of this agent. Its standard output (the decision log) and error are the agent's own. */
export class Envoy {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  #running = true;

  constructor(readonly options: EnvoyOptions) {
    const drain = ['--drain-time-s', String(options.drainSeconds), '--drain-strategy', 'immediate'];
    this.#process = spawn(
      options.program,
      ['--config-path', options.bootstrap, ...ENVOY_ARGUMENTS, ...drain, '--log-level', 'warning'],
      // Nothing of the agent's environment, where the task's credentials can be found, reaches Envoy.
      { cwd: options.folder, env: {}, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    this.exited = new Promise((done) => {
      const end = (exit: Exit) => {
        this.#running = false;
        done(exit);
      };
      this.#process.once('exit', (code, signal) => end({ code, signal }));
      this.#process.once('error', () => end({ code: null, signal: null }));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  isLive(): Promise<boolean> {
    return isLive(this.options.adminSocket);
  }

  /** Wait until it listens. Throws `envoy-refused`. */
  async ready(): Promise<void> {
    const deadline = performance.now() + START;
    while (!(await this.isLive())) {
      if (!this.#running || performance.now() > deadline) {
        await this.stop();
        throw new AgentError(
          'envoy-refused',
          'Envoy did not start with its configuration; its lines say why',
        );
      }
      await sleep(POLL);
    }
  }

  /** Wait until the rules of that version are in force. Throws `rules-refused`. */
  async takes(version: string): Promise<void> {
    const deadline = performance.now() + TAKE;
    while (this.#running) {
      const state = await routeState(this.options.adminSocket, ROUTES).catch(() => undefined);
      if (state?.version === version) return;
      if (performance.now() > deadline) {
        throw new AgentError('rules-refused', 'Envoy does not take the rules; its lines say why');
      }
      await sleep(POLL);
    }
  }

  /**
   * Say that it goes, take connections for the drain time while callers learn of it, then wait at most as
   * long again for what is under way.
   */
  async drain(): Promise<void> {
    const { adminSocket, drainSeconds } = this.options;
    await adminPost(adminSocket, '/healthcheck/fail');
    await adminPost(adminSocket, '/drain_listeners?graceful');
    const closing = performance.now() + drainSeconds * 1000;
    const deadline = closing + drainSeconds * 1000;
    while (this.#running && performance.now() < deadline) {
      const { requests } = await activity(adminSocket, 'inbound');
      if (performance.now() > closing && requests === 0) return;
      await sleep(POLL);
    }
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#process.kill('SIGTERM');
    const killing = setTimeout(() => this.#process.kill('SIGKILL'), GRACE);
    await this.exited;
    clearTimeout(killing);
  }
}
