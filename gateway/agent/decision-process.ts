import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync, rmSync } from 'node:fs';
import { SUPERVISED, type SupervisedSettings, type Taken, type Told } from '../decision/supervision.js';
import type { Exit } from './envoy.js';

/** Milliseconds from SIGTERM to SIGKILL. */
const GRACE = 5000;

export interface DecisionProcessOptions {
  /** Its bundle. */
  readonly bundle: string;
  readonly settings: SupervisedSettings;
  /** Where it is started. */
  readonly folder: string;
}

/** One process of the decision service. It listens once it was told what is revoked. */
export class DecisionProcess {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  #running = true;
  #asked = 0;
  readonly #answers = new Map<number, (answered: boolean) => void>();

  constructor({ bundle, settings, folder }: DecisionProcessOptions) {
    // A socket that a killed one left behind.
    rmSync(settings.socket, { force: true });
    const program = realpathSync(bundle);
    const readable = new Set([program, settings.policy, ...settings.keys.map(({ ca }) => ca)]);
    this.#process = spawn(
      process.execPath,
      // What clients send is read there: it can read no private key, write no file and start no process.
      ['--permission', ...[...readable].map((path) => `--allow-fs-read=${path}`), program],
      {
        cwd: folder,
        // Nothing of the agent's environment, where the task's credentials can be found, reaches it.
        env: { [SUPERVISED]: JSON.stringify(settings) },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    );
    this.#process.on('message', ({ id }: Taken) => this.#answers.get(id)?.(true));
    this.exited = new Promise((done) => {
      const end = (exit: Exit) => {
        this.#running = false;
        for (const answer of this.#answers.values()) answer(false);
        done(exit);
      };
      this.#process.once('exit', (code, signal) => end({ code, signal }));
      this.#process.once('error', () => end({ code: null, signal: null }));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Tell it something, or ask how it is. Whether it answers within so many milliseconds. */
  ask(told: Omit<Told, 'id'>, patience: number): Promise<boolean> {
    if (!this.#running) return Promise.resolve(false);
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((done) => {
      const end = (answered: boolean) => {
        clearTimeout(timer);
        this.#answers.delete(id);
        done(answered);
      };
      const timer = setTimeout(end, patience, false);
      this.#answers.set(id, end);
      this.#process.send({ id, ...told } satisfies Told, (error) => {
        if (error) end(false);
      });
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Let it finish what it was asked. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#process.kill('SIGTERM');
    const killing = setTimeout(() => this.kill(), GRACE);
    await this.exited;
    clearTimeout(killing);
  }
}
