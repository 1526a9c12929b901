import { AgentError, described } from './error.js';
import type { Log } from './log.js';
import { clientSecretOf, type Seal, sealInForce, sealOf } from './login-secrets.js';
import { secretValue } from './secret-value.js';
import type { LoginSource } from './settings.js';
import type { Volume } from './volume.js';

/** Milliseconds between two looks; a rotation waits for three before another secret seals sessions. */
const INTERVAL = 300_000;

export interface LoginsOptions {
  /** By the keys of the plan. */
  readonly sources: Readonly<Record<string, LoginSource>>;
  readonly region: string;
  readonly volume: Volume;
  readonly log: Log;
  /** Milliseconds between two looks. @default five minutes, a third of what a rotation waits */
  readonly interval?: number;
}

/** The secrets of the logins of a gateway: laid where its Envoy reads them, and read again while it runs. */
export class Logins {
  readonly #seals = new Map<string, Seal>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(readonly options: LoginsOptions) {}

  /** Lay the first ones, before there is an Envoy. Throws `login-secret-unavailable` and `unusable-login-secret`. */
  async load(): Promise<void> {
    const { sources } = this.options;
    await Promise.all(Object.keys(sources).map((key) => this.#read(key)));
    this.#seal();
  }

  /** Read them again from now on; what cannot be read stays as it was. */
  follow(): void {
    if (this.#stopped) return;
    const changes = [...this.#seals.values()].map(({ from = 0 }) => from * 1000 - Date.now());
    const wait = Math.min(this.options.interval ?? INTERVAL, ...changes.filter((change) => change > 0));
    this.#timer = setTimeout(() => {
      void this.#refresh().then(() => this.follow());
    }, wait);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    const seal = async () => this.#seal();
    // First what is known: all tasks change at the same second.
    await this.#settle([seal()]);
    await this.#settle(Object.keys(this.options.sources).map((key) => this.#read(key)));
    await this.#settle([seal()]);
  }

  /** Never rejects: what fails is told. */
  async #settle(steps: readonly Promise<void>[]): Promise<void> {
    for (const result of await Promise.allSettled(steps)) {
      if (result.status === 'rejected') this.options.log('failed', described(result.reason));
    }
  }

  async #read(key: string): Promise<void> {
    const { client, session } = this.options.sources[key]!;
    const [clientText, sealText] = await Promise.all([this.#text(client), this.#text(session)]);
    this.#seals.set(key, sealOf(sealText));
    this.options.volume.installLoginSecret(key, 'client', clientSecretOf(clientText, client.field));
  }

  async #text({ secretArn }: { readonly secretArn: string }): Promise<string> {
    try {
      return await secretValue(secretArn, this.options.region);
    } catch (error) {
      const { code, message } = described(error);
      throw new AgentError('login-secret-unavailable', `${secretArn} was not read: ${code}: ${message}`, 1);
    }
  }

  #seal(): void {
    for (const [key, seal] of this.#seals) {
      this.options.volume.installLoginSecret(key, 'session', sealInForce(seal, Date.now()));
    }
  }
}
