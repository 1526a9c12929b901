import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { codedError } from '../lib/coded-error.js';
import { type Diagnostic, ZeroTrustError } from '../lib/diagnostic.js';
import { maxRevocations } from '../lib/plan/delegation.js';
import type { Plan } from '../lib/plan/plan.js';
import { resolve } from '../lib/plan/resolve.js';
import { NO_REVOCATIONS, type RevocationDocument } from '../lib/policy/revocation.js';
import { checkSuccession } from '../lib/policy/revocation-document.js';
import { Addresses } from './addresses.js';
import { destinationEndpoints, destinationValues } from './destinations.js';
import type { Listener } from './events.js';
import { replaceFile, StateFolder } from './files.js';
import { Guardian } from './guardian.js';
import { type IdentityPart, identityPart } from './identity-part.js';
import { layLoginSecrets } from './login-secrets.js';
import { Machine, type Settlement } from './machine.js';
import { parseOverlay } from './overlay.js';
import type { PlatformOptions, PlatformSource } from './platform-options.js';
import { describeReady, type ReadyFile } from './ready-file.js';
import { entriesWithoutEffect, readRevocations } from './revocation-file.js';
import { renderTarget, type Target } from './target.js';
import { Wiring } from './wiring.js';

/** What an edit came to, and how long that took. */
export interface Change extends Settlement {
  readonly milliseconds: number;
}

/**
 * A platform that runs on this machine: the authority, the issuers, for each service its application
 * and its sidecar, and the gateway before them. Every part but the echoes is a process of its own.
 *
 * Processes of one user on one machine are not isolated from one another: each could read the keys of
 * the others, or go past its sidecar. That they do not is a convention here, unlike anywhere else.
 */
export class Platform {
  readonly #onEvent: Listener;
  readonly #guardian: Guardian;
  readonly #identity: IdentityPart;
  readonly #machine: Machine;
  /** What everything runs by; the last good one. */
  #target: Target | undefined;
  /** One change at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(
    readonly options: PlatformOptions,
    readonly state: StateFolder,
    readonly wiring: Wiring,
  ) {
    this.#onEvent = options.onEvent ?? (() => {});
    this.#guardian = new Guardian(state.temporary ? state.path : undefined);
    const common = { state, wiring, guardian: this.#guardian, onEvent: this.#onEvent };
    this.#identity = identityPart(options.identity, common);
    this.#machine = new Machine({ ...common, envoy: options.envoy, identity: this.#identity });
  }

  /**
   * Start everything and wait until it is up. Throws `InvalidModelError`, or what went wrong with a
   * part; whatever it is, nothing is left behind.
   */
  static async start(options: PlatformOptions): Promise<Platform> {
    const plan = resolve(options.source.model, { engine: 'local' });
    const state = StateFolder.open(options.stateFolder);
    const wiring = new Wiring(new Addresses(plan.trustDomain), state, options.port);
    const platform = new Platform(options, state, wiring);
    const { signal } = options;
    signal?.addEventListener('abort', () => void platform.stop(), { once: true });
    try {
      signal?.throwIfAborted();
      const target = await platform.#render(plan, options.source, platform.#openRevocations(plan));
      platform.#tellWarnings(plan);
      platform.#tell(entriesWithoutEffect(target.revocations, plan));
      await platform.#machine.settle(target);
      platform.#becomes(target);
      return platform;
    } catch (error) {
      await platform.stop();
      signal?.throwIfAborted();
      throw error;
    }
  }

  get plan(): Plan {
    return this.#current.plan;
  }

  /** The revocations in force. */
  get revocations(): RevocationDocument {
    return this.#current.revocations;
  }

  /** The file that `revoke` reads. */
  get revocationsPath(): string {
    return join(this.state.path, 'revocations.json');
  }

  /** Where everything is. */
  ready(): ReadyFile {
    const { identity } = this.options;
    return describeReady({
      plan: this.plan,
      wiring: this.wiring,
      envoy: this.options.envoy,
      issuers: this.#identity.endpoints(this.plan),
      tokens: this.#identity.tokens(),
      pids: this.#machine.pids(),
      ...(identity.kind === 'local' && { users: identity.users }),
    });
  }

  /**
   * Be what another model says. Throws `InvalidModelError`, or what made a part refuse; everything is
   * then as it was.
   */
  update(source: PlatformSource): Promise<Change> {
    return this.#alone(async () => {
      const plan = resolve(source.model, { engine: 'local' });
      const { trustDomain, diagnostics } = this.plan;
      if (plan.trustDomain !== trustDomain) {
        throw codedError('trust-domain-changed', 'trustDomain', 'a running platform keeps its trust domain', {
          found: plan.trustDomain,
          expected: trustDomain,
          remedy: 'stop it, and start it again',
        });
      }
      const change = await this.#change(await this.#render(plan, source, this.revocations));
      if (!isDeepStrictEqual(diagnostics, plan.diagnostics)) this.#tellWarnings(plan);
      return change;
    });
  }

  /**
   * Take the revocations file again. Throws if it is broken, or older than what is in force. A point
   * that does not take it makes this throw as well, but nothing is given back that others withdrew.
   */
  revoke(): Promise<Change> {
    return this.#alone(async () => {
      const start = performance.now();
      const { plan, revocations, overlay, overlayFolder } = this.#current;
      const document = readRevocations(this.revocationsPath);
      checkSuccession(revocations, document, maxRevocations(plan));
      const next = await this.#render(plan, { overlay, overlayFolder }, document);
      const { reloaded, failures } = await this.#machine.applyRules(next);
      this.#tell(entriesWithoutEffect(document, plan));
      if (failures.length === 0 || reloaded.length > 0) this.#becomes(next);
      if (failures.length > 0) throw failures[0];
      return { reloaded, restarted: [], removed: [], milliseconds: performance.now() - start };
    });
  }

  /** End everything. Nothing is left but the state folder, if one was given. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      // A change that is under way would start what is being stopped.
      await this.#last;
      await this.#machine.stop();
      await this.wiring.addresses.close();
      this.state.remove();
      await this.#guardian.close();
    })();
    return this.#stopped;
  }

  get #current(): Target {
    if (!this.#target) throw new Error('the platform has not started');
    return this.#target;
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => {
      if (this.#stopped) throw new ZeroTrustError('platform-stopped', 'the platform has been stopped');
      return work();
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async #render(
    plan: Plan,
    { overlay, overlayFolder = process.cwd() }: Omit<PlatformSource, 'model'>,
    revocations: RevocationDocument,
  ): Promise<Target> {
    await this.wiring.allot(plan);
    layLoginSecrets(this.state, plan);
    const endpoints = this.#identity.endpoints(plan);
    const checked = parseOverlay(overlay ?? {}, plan);
    const values = {
      ...this.wiring.values(plan, endpoints),
      ...destinationValues(plan, destinationEndpoints(plan, checked, overlayFolder, this.state)),
    };
    return renderTarget(
      { plan, overlay: checked, overlayFolder, revocations },
      values,
      endpoints,
      this.wiring,
    );
  }

  /** Become another target, or stay what it is. */
  async #change(next: Target): Promise<Change> {
    const start = performance.now();
    try {
      const settlement = await this.#machine.settle(next);
      this.#target = next;
      return { ...settlement, milliseconds: performance.now() - start };
    } catch (error) {
      await this.#machine.settle(this.#current).catch((second: unknown) => {
        this.#onEvent({ kind: 'rejected', what: 'the way back to the last good state', error: second });
      });
      throw error;
    }
  }

  /** The revocations for a start: none that are older than what an earlier run in the folder had taken. */
  #openRevocations(plan: Plan): RevocationDocument {
    const path = this.#revocationsInForce;
    const last = existsSync(path) ? readRevocations(path) : undefined;
    if (existsSync(this.revocationsPath)) {
      const document = readRevocations(this.revocationsPath);
      if (last) checkSuccession(last, document, maxRevocations(plan));
      return document;
    }
    replaceFile(this.revocationsPath, `${JSON.stringify(last ?? NO_REVOCATIONS)}\n`);
    return last ?? NO_REVOCATIONS;
  }

  /** What was taken last: a restart must not take what was refused before it. */
  get #revocationsInForce(): string {
    return join(this.state.path, 'revocations-in-force.json');
  }

  #becomes(target: Target): void {
    this.#target = target;
    replaceFile(this.#revocationsInForce, `${JSON.stringify(target.revocations)}\n`);
  }

  #tellWarnings({ diagnostics }: Plan): void {
    this.#tell(diagnostics);
  }

  #tell(diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length > 0) this.#onEvent({ kind: 'diagnostics', diagnostics });
  }
}
