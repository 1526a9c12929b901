import { setTimeout as sleep } from 'node:timers/promises';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import { DecisionProcess, type DecisionProcessOptions } from './decision-process.js';
import type { Exit } from './envoy.js';
import { AgentError } from './error.js';
import type { Log } from './log.js';
import { backOff } from './renewal.js';

/** Milliseconds for a process to listen. */
const START = 20_000;
/** Milliseconds for what is revoked to be in force. */
const TAKE = 5000;
/** Milliseconds between two questions how it is, and for the answer. */
const INTERVAL = 2000;
const ANSWER = 3000;
/** The longest wait before another process is started, in milliseconds. */
const LONGEST_WAIT = 5000;
/** Milliseconds after which the end of a process has nothing to do with the ends before it. */
const STEADY = 60_000;

export interface DecisionServiceOptions extends DecisionProcessOptions {
  readonly log: Log;
}

/**
 * The decision service beside this Envoy, which asks it at a socket in the agent's own folder. It is started again
 * whenever it ends or does not answer; until then Envoy admits nothing where it would have to ask.
 */
export class DecisionService {
  #process: DecisionProcess | undefined;
  #document: RevocationDocument | undefined;
  #isReady = false;
  #isWanted = true;
  #restarts = 0;
  #stopping: (() => void) | undefined;
  readonly #stopped = new Promise<void>((done) => {
    this.#stopping = done;
  });

  constructor(readonly options: DecisionServiceOptions) {}

  /** How it is: whether it listens and answered the last question, and how often it was started again. */
  get state(): { readonly ready: boolean; readonly restarts: number } {
    return { ready: this.#isReady, restarts: this.#restarts };
  }

  /** Start it under what is revoked. Throws `decision-service-refused`. */
  async start(document: RevocationDocument): Promise<void> {
    this.#document = document;
    const first = await this.#begin();
    if (!first)
      throw new AgentError(
        'decision-service-refused',
        'the decision service did not start; its lines say why',
      );
    void this.#keep(first);
  }

  /** Have it decide under what is revoked now. One that does not take it is ended, and admits nobody any more. */
  async revoke(document: RevocationDocument): Promise<void> {
    this.#document = document;
    // One that is being started is told when it is there.
    const running = this.#isReady ? this.#process : undefined;
    if (running && !(await running.ask({ revocations: document }, TAKE))) this.#lose(running);
  }

  /** End it; whoever asks it must have ended before. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    this.#stopping?.();
    await this.#process?.stop();
  }

  /** A process that listens and knows what is revoked, if it comes to that. */
  async #begin(): Promise<DecisionProcess | undefined> {
    const begun = new DecisionProcess(this.options);
    this.#process = begun;
    for (let told: RevocationDocument | undefined; told !== this.#document; ) {
      told = this.#document!;
      if (await begun.ask({ revocations: told }, START)) continue;
      begun.kill();
      await begun.exited;
      return undefined;
    }
    this.#isReady = true;
    void begun.exited.then(() => {
      this.#isReady = false;
    });
    this.options.log('decision-service', { ...this.state, process: begun.pid });
    return begun;
  }

  /** As long as it is wanted: wait for the end of each process, and begin another. */
  async #keep(first: DecisionProcess): Promise<void> {
    let failures = 0;
    let running: DecisionProcess | undefined = first;
    for (;;) {
      const began = performance.now();
      const exit: Exit | undefined = running && (await this.#end(running));
      if (!this.#isWanted) return;
      failures = performance.now() - began > STEADY ? 1 : failures + 1;
      const how = exit ? { exit: exit.code, signal: exit.signal } : {};
      this.options.log('failed', { code: 'decision-service-ended', failures, ...how });
      const wait = Math.min(LONGEST_WAIT, backOff(failures, Math.random()));
      await Promise.race([sleep(wait), this.#stopped]);
      if (!this.#isWanted) return;
      this.#restarts += 1;
      running = await this.#begin();
    }
  }

  /** Wait for its end, and ask again and again how it is: one that hangs is ended. */
  async #end(running: DecisionProcess): Promise<Exit> {
    const asking = setInterval(() => {
      void running.ask({}, ANSWER).then((answered) => {
        if (!answered) this.#lose(running);
      });
    }, INTERVAL);
    const exit = await running.exited;
    clearInterval(asking);
    return exit;
  }

  #lose(running: DecisionProcess): void {
    if (running === this.#process) this.#isReady = false;
    running.kill();
  }
}
