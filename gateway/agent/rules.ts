import { compileRules, guardedServices, type PointConfiguration } from '../../lib/point/index.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import type { DecisionService } from './decision-service.js';
import type { Envoy } from './envoy.js';
import { described } from './error.js';
import type { Log } from './log.js';
import { UNREAD_REVOCATIONS } from './logged.js';
import { backOff } from './renewal.js';
import { Revocations } from './revocations.js';
import type { Settings } from './settings.js';
import type { Volume } from './volume.js';

export interface RulesOptions {
  readonly configuration: PointConfiguration;
  readonly settings: Settings;
  readonly volume: Volume;
  readonly log: Log;
  /** Told that Envoy does not take rules: it would go on admitting what is revoked. */
  readonly onRefused: (error: unknown) => void;
}

/** The rules of a point, in force as they are compiled under what is revoked. */
export class Rules {
  readonly #revocations: Revocations | undefined;
  #written: RevocationDocument | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(readonly options: RulesOptions) {
    const { configuration, settings } = options;
    const { rules } = configuration;
    const { revocations: source, region } = settings;
    if (!rules || !source) return;
    const planned = rules.plan.revocation;
    const { maxRevocations: maxEntries = planned.maxEntries } = configuration.decision ?? {};
    this.#revocations = new Revocations({
      source,
      region,
      planned,
      maxEntries,
      services: guardedServices(rules),
    });
  }

  /** Write the first rules, before there is an Envoy. Throws `revocations-unavailable`. */
  async load(): Promise<void> {
    await this.#revocations?.refresh();
    this.#write(this.revoked);
  }

  /** What is revoked, as it is to be enforced now; nothing where there are no rules. */
  get revoked(): RevocationDocument | undefined {
    return this.#revocations?.inForce() ?? this.options.configuration.rules?.plan.revocation.document;
  }

  /** Follow what is revoked from now on, and have Envoy, and whom it asks, follow too. */
  follow(envoy: Envoy, decision: DecisionService | undefined): void {
    const revocations = this.#revocations;
    if (!revocations) return;
    const look = async (failures: number): Promise<void> => {
      const failed = await revocations.refresh().then(
        () => false,
        (error: unknown) => {
          const { event, value } = UNREAD_REVOCATIONS;
          this.options.log(event, { ...described(error), [value]: revocations.ageSeconds });
          return true;
        },
      );
      try {
        const { revoked } = this;
        // First who is asked: what is more than Envoy takes in is not in its rules.
        if (revoked && revoked !== this.#written) await decision?.revoke(revoked);
        const version = this.#write(revoked);
        if (version !== undefined) await envoy.takes(version);
      } catch (error) {
        this.options.onRefused(error);
        return;
      }
      const wait = failed
        ? Math.min(backOff(failures + 1, Math.random()), revocations.interval)
        : revocations.interval;
      next(wait, failed ? failures + 1 : 0);
    };
    const next = (wait: number, failures: number) => {
      if (!this.#stopped) this.#timer = setTimeout(() => void look(failures), wait);
    };
    next(revocations.interval * Math.random(), 0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Write the rules if they are other ones than before. Returns the version that Envoy then has to take. */
  #write(revoked: RevocationDocument | undefined): string | undefined {
    const { configuration, settings, volume, log } = this.options;
    const { rules, point } = configuration;
    if (!rules || !revoked || revoked === this.#written) return undefined;
    const version = volume.installRules(compileRules(point, rules, revoked), settings.refs, point);
    this.#written = revoked;
    const closed = this.#revocations?.isClosed ?? false;
    log('rules', { point, revocations: revoked.version, entries: revoked.entries.length, closed });
    return version;
  }
}
