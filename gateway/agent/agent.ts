import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generatePrivateKey } from '../../lib/authority/signer.js';
import type { DecisionConfiguration, PointConfiguration } from '../../lib/point/configuration.js';
import { fetchConfiguration, withValues } from './configuration.js';
import { DecisionService } from './decision-service.js';
import { fetchEdgeCertificate } from './edge-certificate.js';
import { CERTIFICATE, EDGE_CERTIFICATE } from './logged.js';
import { Envoy } from './envoy.js';
import { AgentError, described } from './error.js';
import { type Health, serveHealth } from './health.js';
import { checkedLeaf, type Leaf } from './leaf.js';
import { keyPlaces } from './key-places.js';
import type { Log } from './log.js';
import { Logins } from './logins.js';
import type { RegistrationAuthority } from './registration.js';
import { backOff, renewalTime } from './renewal.js';
import { Rules } from './rules.js';
import { selfMadeEdge } from './self-made-edge.js';
import type { Settings } from './settings.js';
import { Volume } from './volume.js';

/** Milliseconds for everything that is needed before Envoy starts; the orchestrator then tries another task. */
const START = 60_000;
/** Milliseconds between two lines about the certificate: the log's metric filter reads its age from them. */
const REPORT = 60_000;
/** Milliseconds between two looks at a gateway's server certificate. */
const EDGE = 3_600_000;
/** Beside the agent's own in the image, as in the package. */
const DECISION_BUNDLE = join(__dirname, '..', 'decision', 'index.js');
/** The longest timer that Node takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface AgentOptions {
  readonly settings: Settings;
  readonly authority: RegistrationAuthority;
  readonly log: Log;
}

/**
 * One point of the platform: a certificate, a configuration, and an Envoy that has both. Without either,
 * and from the moment that the certificate has expired, nothing listens.
 */
export class Agent {
  readonly #volume: Volume;
  #state: 'starting' | 'serving' | 'draining' | 'stopping' = 'starting';
  #configuration: PointConfiguration | undefined;
  #envoy: Envoy | undefined;
  #decision: DecisionService | undefined;
  #leaf: Leaf | undefined;
  #rules: Rules | undefined;
  #logins: Logins | undefined;
  #health: Server | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  readonly #ticking: NodeJS.Timeout[] = [];
  #end!: (code: number) => void;
  readonly #ended = new Promise<number>((done) => {
    this.#end = done;
  });

  constructor(readonly options: AgentOptions) {
    this.#volume = new Volume(options.settings.volume);
  }

  /** Run until told to stop, or until it cannot go on. Returns the exit code. */
  async run(): Promise<number> {
    const { settings, log } = this.options;
    try {
      this.#health = await serveHealth(settings.healthPort, () => this.health());
      await this.#start();
    } catch (error) {
      log('failed', described(error));
      this.#end(1);
    }
    const code = await this.#ended;
    this.#state = 'stopping';
    for (const timer of [this.#renewal, this.#expiry, ...this.#ticking]) clearTimeout(timer);
    this.#rules?.stop();
    this.#logins?.stop();
    await this.#envoy?.stop();
    await this.#decision?.stop();
    this.#health?.close();
    log('ended', { code });
    return code;
  }

  /** SIGTERM: finish what is under way, then go. */
  async terminate(): Promise<void> {
    if (this.#state === 'draining' || this.#state === 'stopping') return;
    const serving = this.#state === 'serving';
    this.#state = 'draining';
    this.options.log('draining', { seconds: this.options.settings.drainSeconds });
    try {
      if (serving) await this.#envoy?.drain();
    } catch (error) {
      this.options.log('failed', described(error));
    }
    this.#end(0);
  }

  async health(): Promise<Health> {
    const certificate = this.#certificate();
    const healthy =
      this.#state === 'serving' &&
      certificate !== undefined &&
      certificate.secondsLeft > 0 &&
      this.#decision?.state.ready !== false &&
      (await this.#envoy?.isLive()) === true;
    const decision = this.#decision?.state;
    return {
      healthy,
      state: this.#state,
      ...(certificate && { certificate }),
      ...(decision && { decision }),
    };
  }

  async #start(): Promise<void> {
    const { settings, log } = this.options;
    const fetched = await this.#insist(() => fetchConfiguration(settings));
    const configuration = withValues(fetched, settings.refs);
    this.#configuration = configuration;
    const volume = this.#volume;
    volume.render(configuration, settings.refs);
    const logins = this.#loginSecrets();
    if (logins) await this.#insist(() => logins.load());
    const rules = new Rules({ configuration, settings, volume, log, onRefused: this.#giveUp });
    this.#rules = rules;
    await this.#insist(() => rules.load());
    await this.#insist(() => this.#renew());
    await this.#insist(() => this.#renewEdge());
    const decision = configuration.decision && this.#decisionService(configuration, configuration.decision);
    this.#decision = decision;
    if (rules.revoked) await decision?.start(rules.revoked);
    if (this.#state !== 'starting') return;

    const envoy = new Envoy({
      program: settings.envoy,
      bootstrap: this.#volume.bootstrap,
      adminSocket: this.#volume.adminSocket,
      folder: settings.volume,
      drainSeconds: settings.drainSeconds,
    });
    this.#envoy = envoy;
    void envoy.exited.then((exit) => {
      if (this.#state !== 'stopping')
        log('failed', { code: 'envoy-ended', exit: exit.code, signal: exit.signal });
      this.#end(1);
    });
    await envoy.ready();
    if (this.#state === 'starting') this.#state = 'serving';
    const { point, spiffeId } = configuration;
    log('serving', { point, spiffeId, configuration: settings.hash, envoy: envoy.pid });
    rules.follow(envoy, decision);
    logins?.follow();
    this.#ticking.push(setInterval(() => this.#report(), REPORT));
    if (settings.edge !== undefined) {
      this.#ticking.push(setInterval(() => void this.#renewEdge().catch(this.#failed), EDGE));
    }
  }

  #loginSecrets(): Logins | undefined {
    const { settings, log } = this.options;
    const { logins: sources, region } = settings;
    if (sources) this.#logins = new Logins({ sources, region, volume: this.#volume, log });
    return this.#logins;
  }

  /** Beside the Envoy of a point that asks one. Throws `missing-ref`. */
  #decisionService(configuration: PointConfiguration, { policy }: DecisionConfiguration): DecisionService {
    const { settings, log } = this.options;
    const { path, issuers } = this.#volume.installPolicy(policy, settings.refs);
    const { point, trustDomain } = configuration;
    const sockets = this.#volume.keySockets(configuration);
    return new DecisionService({
      bundle: DECISION_BUNDLE,
      folder: settings.volume,
      log,
      settings: {
        socket: this.#volume.decisionSocket,
        policy: path,
        keys: keyPlaces(point, issuers, { ...settings.refs, ...sockets }),
        name: `${trustDomain}/${point}/decision`,
      },
    });
  }

  /** A new key, a certificate for it, and both in force by one rename. */
  async #renew(): Promise<void> {
    const { spiffeId, point, trustDomain } = this.#configuration!;
    const privateKey = generatePrivateKey();
    const answer = await this.options.authority.register(privateKey, trustDomain);
    const leaf = checkedLeaf(answer, privateKey, { spiffeId, point }, new Date());
    this.#volume.install(leaf, trustDomain);
    this.#leaf = leaf;
    const { serial, expiresAt } = leaf;
    this.options.log('certified', { spiffeId, serial, notAfter: new Date(expiresAt).toISOString() });
    this.#report();
    clearTimeout(this.#expiry);
    this.#expiry = timer(() => this.#expire(), expiresAt - Date.now());
    this.#renewAt(renewalTime(leaf, Math.random()) - Date.now(), 0);
  }

  #renewAt(wait: number, failures: number): void {
    clearTimeout(this.#renewal);
    this.#renewal = timer(() => {
      void this.#renew().catch((error: unknown) => {
        this.#failed(error);
        const least = error instanceof AgentError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
        this.#renewAt(Math.max(least, backOff(failures + 1, Math.random())), failures + 1);
      });
    }, wait);
  }

  /** Peers refuse it from now on; it must not go on itself either. */
  #expire(): void {
    this.#state = 'stopping';
    this.options.log('failed', { code: 'certificate-expired', serial: this.#leaf?.serial });
    this.#end(1);
  }

  async #renewEdge(): Promise<void> {
    const { edge, region } = this.options.settings;
    if (edge === undefined) return;
    const now = new Date();
    const certificate =
      edge === 'self-made'
        ? await selfMadeEdge(this.#configuration?.hosts ?? [], now)
        : await fetchEdgeCertificate(edge.secretArn, region, now);
    this.#volume.installEdge(certificate);
    const daysLeft = Math.floor((certificate.expiresAt - Date.now()) / 86_400_000);
    this.options.log(EDGE_CERTIFICATE.event, {
      serial: certificate.serial,
      [EDGE_CERTIFICATE.value]: daysLeft,
    });
  }

  /** Try until it works, with back-off. Throws what cannot be helped by trying, and what took too long. */
  async #insist<Result>(work: () => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + START;
    for (let failures = 1; ; failures += 1) {
      try {
        return await work();
      } catch (error) {
        const again = error instanceof AgentError ? error.retryAfterSeconds : undefined;
        if (again === undefined || this.#state !== 'starting') throw error;
        const wait = Math.max(again * 1000, backOff(failures, Math.random()));
        if (performance.now() + wait > deadline) throw error;
        this.options.log('retrying', { ...described(error), milliseconds: Math.round(wait) });
        await sleep(wait);
      }
    }
  }

  readonly #giveUp = (error: unknown): void => {
    if (this.#state === 'stopping' || this.#state === 'draining') return;
    this.#failed(error);
    this.#end(1);
  };

  readonly #failed = (error: unknown): void => this.options.log('failed', described(error));

  #certificate(): Health['certificate'] {
    if (!this.#leaf) return undefined;
    const now = Date.now();
    return {
      ageSeconds: Math.max(0, Math.round((now - this.#leaf.issuedAt) / 1000)),
      secondsLeft: Math.round((this.#leaf.expiresAt - now) / 1000),
    };
  }

  #report(): void {
    const point = this.#configuration?.point;
    this.options.log(CERTIFICATE.event, { point, ...this.#certificate() });
    if (this.#decision) this.options.log('decision-service', { point, ...this.#decision.state });
  }
}

function timer(work: () => void, wait: number): NodeJS.Timeout {
  return setTimeout(work, Math.min(LONGEST_TIMER, Math.max(0, wait)));
}
