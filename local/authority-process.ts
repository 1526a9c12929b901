import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '../lib/plan/plan.js';
import { wantedLeaves } from './authority/wanted.js';
import type { Listener } from './events.js';
import type { StateFolder } from './files.js';
import type { Guardian } from './guardian.js';
import { PartProcess } from './part-process.js';

export interface AuthorityOptions {
  readonly state: StateFolder;
  /** The file with the plan, which is there whenever `settle` is called. */
  readonly planPath: string;
  /** The folder that it writes. */
  readonly secrets: string;
  readonly guardian: Guardian;
  readonly onEvent: Listener;
}

/** The authority of this machine, in a process of its own. */
export class AuthorityProcess {
  readonly control: string;
  #process: PartProcess | undefined;
  #certified: unknown;

  constructor(readonly options: AuthorityOptions) {
    this.control = options.state.socket('authority');
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Have every point and issuer of the plan certified. `hosts` are the gateway's besides the public ones. */
  async settle(plan: Plan, hosts: readonly string[]): Promise<'same' | 'reloaded' | 'restarted'> {
    const wanted = { leaves: wantedLeaves(plan, hosts), profiles: plan.certificates };
    const running = this.pid === undefined ? undefined : this.#process;
    if (running && isDeepStrictEqual(wanted, this.#certified)) return 'same';
    // Known only once it is done: after a failure the next call asks again.
    this.#certified = undefined;
    if (running) await running.command('reload');
    else await this.#start(hosts);
    this.#certified = wanted;
    return running ? 'reloaded' : 'restarted';
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async #start(gatewayHosts: readonly string[]): Promise<void> {
    const { state, planPath, secrets, guardian, onEvent } = this.options;
    const folder = state.folder('authority');
    this.#process = new PartProcess({
      part: 'authority',
      program: 'local/authority/main',
      config: { plan: planPath, state: folder, secrets, control: this.control, gatewayHosts },
      folder,
      control: this.control,
      guardian,
      onEvent,
      whenGone: 'it is started again at the next edit; everything goes on until the certificates expire',
    });
    await this.#process.ready();
  }
}
