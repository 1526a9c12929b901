import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { KeyPlace } from '../gateway/decision/keys.js';
import type { Listener } from './events.js';
import { replaceFile, type StateFolder } from './files.js';
import type { Guardian } from './guardian.js';
import type { Settled } from './machine.js';
import { PartProcess } from './part-process.js';
import type { Endpoint } from './wiring.js';

export interface DecisionProcessOptions {
  /** The key of its point. */
  readonly point: string;
  readonly endpoint: Endpoint;
  readonly state: StateFolder;
  /** The point's own folder. */
  readonly folder: string;
  readonly guardian: Guardian;
  readonly onEvent: Listener;
}

/** What a decision service decides by. */
export interface DecisionRules {
  /** The bytes of its `policy.json`. */
  readonly rules: string;
  readonly keys: readonly KeyPlace[];
}

/** The decision service beside a point, in a process of its own. */
export class DecisionProcess {
  #process: PartProcess | undefined;
  #rules: DecisionRules | undefined;

  constructor(readonly options: DecisionProcessOptions) {}

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Decide by these rules. Throws what it says is wrong with them; it then decides by the last. */
  async settle(next: DecisionRules): Promise<Settled> {
    const running = this.pid === undefined ? undefined : this.#process;
    if (running && isDeepStrictEqual(next, this.#rules)) return 'same';
    // Known only once it is done: after a failure the next call asks again.
    this.#rules = undefined;
    replaceFile(this.#path, next.rules);
    if (running) {
      running.configure(this.#config(next));
      await running.command('reload');
    } else await this.#start(next);
    this.#rules = next;
    return running ? 'reloaded' : 'restarted';
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async #start(next: DecisionRules): Promise<void> {
    const { point, guardian, onEvent } = this.options;
    this.#process = new PartProcess({
      part: `${point}/decision`,
      program: 'local/decision/main',
      config: this.#config(next),
      folder: this.#folder,
      control: this.#control,
      guardian,
      onEvent,
      whenGone: 'it is started again at the next edit; until then nothing passes where it is asked',
    });
    await this.#process.ready();
  }

  #config({ keys }: DecisionRules): Readonly<Record<string, unknown>> {
    return { rules: this.#path, control: this.#control, ...this.options.endpoint, keys };
  }

  get #folder(): string {
    return this.options.folder;
  }

  get #path(): string {
    return join(this.#folder, 'policy.json');
  }

  get #control(): string {
    const { point, state } = this.options;
    return state.socket(createHash('sha256').update(`${point}/decision`).digest('hex').slice(0, 12));
  }
}
