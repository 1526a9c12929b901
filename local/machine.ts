import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { planText } from '../lib/plan/resolve.js';
import { Application } from './application.js';
import { AuthorityProcess } from './authority-process.js';
import { DecisionProcess } from './decision-process.js';
import { Envoy, type EnvoyConfiguration } from './envoy.js';
import type { EnvoyBinary } from './envoy-binary.js';
import type { Listener } from './events.js';
import { replaceFile, type StateFolder } from './files.js';
import type { Guardian } from './guardian.js';
import type { IdentityPart } from './identity-part.js';
import type { Target } from './target.js';
import type { Wiring } from './wiring.js';

/** What became of a part. */
export type Settled = 'same' | 'reloaded' | 'restarted';

/** Parts by what became of them. */
export interface Settlement {
  readonly reloaded: readonly string[];
  readonly restarted: readonly string[];
  /** Points of services that are gone. */
  readonly removed: readonly string[];
}

export interface MachineOptions {
  readonly state: StateFolder;
  readonly guardian: Guardian;
  readonly wiring: Wiring;
  readonly envoy: EnvoyBinary;
  readonly identity: IdentityPart;
  readonly onEvent: Listener;
}

/** Everything that runs for a platform, made to be what a target says. */
export class Machine {
  readonly #authority: AuthorityProcess;
  readonly #applications = new Map<string, Application>();
  readonly #envoys = new Map<string, Envoy>();
  readonly #decisions = new Map<string, DecisionProcess>();
  #started = false;
  #stopping = false;

  constructor(readonly options: MachineOptions) {
    const { state, guardian, wiring, onEvent } = options;
    const planPath = join(state.path, 'plan.json');
    this.#authority = new AuthorityProcess({ state, planPath, secrets: wiring.secrets, guardian, onEvent });
  }

  /** The processes that run, by what they are. */
  pids(): Record<string, number> {
    const parts: [string, number | undefined][] = [
      ['platform', process.pid],
      ['authority', this.#authority.pid],
      ['identity', this.options.identity.pid],
    ];
    for (const [name, { pid }] of this.#applications) parts.push([`application/${name}`, pid]);
    for (const [point, { pid }] of this.#envoys) parts.push([point, pid]);
    for (const [point, { pid }] of this.#decisions) parts.push([`${point}/decision`, pid]);
    return Object.fromEntries(parts.filter((part): part is [string, number] => part[1] !== undefined));
  }

  /**
   * Become what the target says, touching only what differs. Throws at the first part that refuses;
   * settling for the previous target then undoes what was done.
   */
  async settle(next: Target): Promise<Settlement> {
    const done: [string, Settled][] = [];
    const settle = async (part: string, detail: string, work: () => Promise<Settled>) => {
      if (this.#stopping) throw new ZeroTrustError('platform-stopped', 'the platform is being stopped');
      const start = performance.now();
      done.push([part, await work()]);
      const milliseconds = performance.now() - start;
      if (!this.#started) this.options.onEvent({ kind: 'ready', part, detail, milliseconds });
    };
    const { plan } = next;
    const { state, wiring, identity } = this.options;
    replaceFile(join(state.path, 'plan.json'), planText(plan));
    const hosts = ['localhost', wiring.endpoint('gateway/listen').address];
    await settle('authority', plan.trustDomain, () => this.#authority.settle(plan, hosts));
    await this.#validate(next);
    await settle('identity', identity.describe(plan), () => identity.settle(plan));
    await all([...next.applications.keys()], (name) => {
      const { run = 'echo', address, port } = next.applications.get(name) ?? {};
      return settle(`application/${name}`, `${run} at ${address}:${port}`, () =>
        this.#runApplication(next, name),
      );
    });
    // First, because every other point fetches its keys through it.
    const { egress } = plan;
    if (egress) await settle(egress.key, this.#place(egress.key), () => this.#runPoint(next, egress.key));
    // Before the Envoys that ask them, which else would ask for rules that are not there yet.
    await all([...next.decisions], ([key, rules]) => {
      const { address, port } = wiring.endpoint(`${key}/decision`);
      return settle(`${key}/decision`, `http://${address}:${port}`, () => this.#decision(key).settle(rules));
    });
    await all(Object.values(plan.services), ({ sidecar: { key } }) =>
      settle(key, this.#place(key), () => this.#runPoint(next, key)),
    );
    // Last, so that whoever it lets in finds everything behind it.
    await settle(plan.gateway.key, this.#place(plan.gateway.key), () =>
      this.#runPoint(next, plan.gateway.key),
    );
    const removed = await this.#removeOthers(next);
    this.#started = true;
    return {
      reloaded: partsThat(done, 'reloaded'),
      restarted: partsThat(done, 'restarted'),
      removed,
    };
  }

  /**
   * Have every point take its rules of a target that differs in nothing else. What is withdrawn waits
   * for no other part and for no other point: where one fails, the others keep what they took.
   */
  async applyRules(next: Target): Promise<{ reloaded: string[]; failures: unknown[] }> {
    const reloaded: string[] = [];
    const failures: unknown[] = [];
    const take = async (key: string, { routes }: EnvoyConfiguration) => {
      const envoy = this.#envoys.get(key);
      try {
        // First: an Envoy that takes in more than it can leaves everything to a service that must know it.
        const rules = next.decisions.get(key);
        if (rules && (await this.#decision(key).settle(rules)) !== 'same') reloaded.push(`${key}/decision`);
        if (!envoy || envoy.configuration.routes === routes) return;
        await envoy.applyRoutes(routes);
        reloaded.push(key);
      } catch (error) {
        failures.push(error);
      }
    };
    await Promise.all([...next.points].map(([key, configuration]) => take(key, configuration)));
    return { reloaded, failures };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const parts = [
      ...this.#envoys.values(),
      ...this.#decisions.values(),
      ...this.#applications.values(),
      this.options.identity,
      this.#authority,
    ];
    await all(parts, (part) => part.stop());
  }

  /** Ask Envoy about every bootstrap that would need a start, before anything is stopped for it. */
  async #validate(next: Target): Promise<void> {
    if (!this.#started) return;
    await all([...next.points], async ([key, configuration]) => {
      const running = this.#envoys.get(key);
      if (running?.configuration.bootstrap === configuration.bootstrap) return;
      await (running ?? this.#envoy(key, configuration)).validate(configuration);
    });
  }

  async #runApplication(next: Target, name: string): Promise<Settled> {
    const spec = next.applications.get(name);
    const service = next.plan.services[name];
    if (!spec || !service) throw new Error(`no application ${name}`);
    const running = this.#applications.get(name);
    const same =
      running && isDeepStrictEqual(running.spec, spec) && running.service.protocol === service.protocol;
    if (same && running.running) return 'same';
    await running?.stop();
    const { guardian, onEvent } = this.options;
    const application = new Application(service, spec, guardian, onEvent);
    this.#applications.set(name, application);
    await application.start();
    return 'restarted';
  }

  async #runPoint(next: Target, key: string): Promise<Settled> {
    const configuration = next.points.get(key);
    if (!configuration) throw new Error(`no point ${key}`);
    const running = this.#envoys.get(key);
    if (!running) {
      const envoy = this.#envoy(key, configuration);
      this.#envoys.set(key, envoy);
      await envoy.start();
      return 'restarted';
    }
    if (running.configuration.bootstrap !== configuration.bootstrap || running.down) {
      await running.restart(configuration);
      return 'restarted';
    }
    if (running.configuration.routes === configuration.routes) return 'same';
    await running.applyRoutes(configuration.routes);
    return 'reloaded';
  }

  #decision(point: string): DecisionProcess {
    const known = this.#decisions.get(point);
    if (known) return known;
    const { wiring, state, guardian, onEvent } = this.options;
    const decision = new DecisionProcess({
      point,
      endpoint: wiring.endpoint(`${point}/decision`),
      state,
      folder: state.folder('points', ...point.split('/'), 'decision'),
      guardian,
      onEvent,
    });
    this.#decisions.set(point, decision);
    return decision;
  }

  #envoy(point: string, configuration: EnvoyConfiguration): Envoy {
    const { wiring, envoy: binary, state, guardian, onEvent } = this.options;
    return new Envoy(
      {
        point,
        binary,
        state: state.path,
        folder: wiring.pointFolder(point),
        adminSocket: wiring.adminSocket(point),
        routesPath: wiring.routesPath(point),
        guardian,
        onEvent,
      },
      configuration,
    );
  }

  /** What the target no longer has, when nothing leads there any more. */
  async #removeOthers(next: Target): Promise<string[]> {
    const removed: string[] = [];
    await all([...this.#envoys], async ([key, envoy]) => {
      if (next.points.has(key)) return;
      this.#envoys.delete(key);
      removed.push(key);
      await envoy.remove();
    });
    await all([...this.#decisions], async ([key, decision]) => {
      if (next.decisions.has(key)) return;
      this.#decisions.delete(key);
      await decision.stop();
    });
    await all([...this.#applications], async ([name, application]) => {
      if (next.applications.has(name)) return;
      this.#applications.delete(name);
      await application.stop();
    });
    await this.options.wiring.release(next.plan);
    return removed;
  }

  #place(point: string): string {
    const { address, port } = this.options.wiring.endpoint(`${point}/listen`);
    return `https://${address}:${port}`;
  }
}

/** Do it with all at once, and wait for all even if one fails: nothing goes on behind an error. */
async function all<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function partsThat(done: readonly (readonly [string, Settled])[], how: Settled): string[] {
  return done.filter(([, what]) => what === how).map(([part]) => part);
}
