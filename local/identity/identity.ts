import { join } from 'node:path';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import type { Commands } from '../control.js';
import { type Emit, readPlan } from '../part.js';
import { DEVELOPMENT_CLIENT } from './clients.js';
import { type IdentityConfig, listenersOf, type ListenerConfig, readIdentityConfig } from './config.js';
import { issuerHandler } from './handler.js';
import { checkDistinct, type IssuerProfile, issuerProfile } from './issuer.js';
import { SigningKeys } from './keys.js';
import { grantTypes, mountPath, type ProviderParts } from './provider.js';
import { IssuerServer } from './server.js';
import { OneTimeCodes } from './one-time-codes.js';
import { SessionStore } from './store.js';
import { Users } from './users.js';

/** What the ready line says about an issuer. */
export interface ServedIssuer {
  readonly issuer: string;
  /** Where it listens; send the issuer's host name as `Host` and in the TLS handshake. */
  readonly url: string;
  readonly tokenEndpoint: string;
  readonly jwks: string;
  readonly algorithm: string;
  /** Values of `grant_type`. */
  readonly grants: readonly string[];
  /** The `client_id` for people and pipelines; a service's is its name. */
  readonly client: string;
  /** The audience of each service. */
  readonly audiences: Readonly<Record<string, string>>;
}

interface Served {
  readonly parts: ProviderParts;
  readonly server: IssuerServer;
}

/** The identity provider of one machine: every issuer of the plan, each on a listener of its own. */
export class IdentityProvider {
  readonly #issuers = new Map<string, Served>();
  #users: Users;

  private constructor(
    readonly path: string,
    readonly emit: Emit,
    public config: IdentityConfig,
  ) {
    this.#users = new Users(config.users, emit);
  }

  /** Serve what the configuration file and its plan say. */
  static async open(path: string, emit: Emit): Promise<IdentityProvider> {
    const provider = new IdentityProvider(path, emit, readIdentityConfig(path));
    try {
      await provider.#serve(provider.config);
    } catch (error) {
      await provider.close();
      throw error;
    }
    return provider;
  }

  get ready(): { issuers: Record<string, ServedIssuer> } {
    return {
      issuers: Object.fromEntries([...this.#issuers].map(([name, served]) => [name, describe(served)])),
    };
  }

  /** What can be asked of it while it runs. */
  get commands(): Commands {
    return {
      reload: () => this.reload(),
      keys: ({ issuer }) => this.#keys(issuer).ids,
      'add-key': async ({ issuer }) => {
        const kid = await this.#keys(issuer).add();
        await this.#rebuild(String(issuer));
        return { kid };
      },
      'remove-key': async ({ issuer, kid }) => {
        this.#keys(issuer).remove(String(kid));
        await this.#rebuild(String(issuer));
      },
    };
  }

  /** Take the configuration file and the plan again; listeners that did not change stay open. */
  async reload(): Promise<{ issuers: Record<string, ServedIssuer> }> {
    await this.#serve(readIdentityConfig(this.path));
    return this.ready;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#issuers.values()].map(({ server }) => server.close()));
    this.#issuers.clear();
  }

  async #serve(config: IdentityConfig): Promise<void> {
    const plan = readPlan(config.plan);
    checkDistinct(plan);
    const listeners = listenersOf(config, plan);
    const profiles = [...listeners].map(([name, listener]) => issuerProfile(plan, name, listener));
    const users = config.users === this.config.users ? this.#users : new Users(config.users, this.emit);
    // Everything is read and checked; only now is anything that runs touched.
    this.config = config;
    this.#users = users;
    for (const [name, { server }] of this.#issuers) {
      if (sameListener(server.listener, listeners.get(name))) continue;
      await server.close();
      this.#issuers.delete(name);
    }
    for (const profile of profiles) {
      const listener = listeners.get(profile.name);
      if (listener) await this.#serveIssuer(profile, listener);
    }
  }

  async #serveIssuer(issuer: IssuerProfile, listener: ListenerConfig): Promise<void> {
    const before = this.#issuers.get(issuer.name);
    const parts: ProviderParts = {
      issuer,
      users: this.#users,
      keys: await SigningKeys.open(join(this.config.state, issuer.name), issuer.algorithm),
      store: before?.parts.store ?? new SessionStore(),
      redirectUris: this.config.redirectUris,
      logins: this.config.logins,
      codes: before?.parts.codes ?? new OneTimeCodes(),
      emit: this.emit,
    };
    const handler = await issuerHandler(parts, [listener.address]);
    const server = before?.server ?? (await IssuerServer.listen(listener, handler, this.emit));
    server.handler = handler;
    this.#issuers.set(issuer.name, { parts, server });
  }

  /** The library takes its keys once, so a changed set needs a new instance; sessions are kept by the store. */
  async #rebuild(name: string): Promise<void> {
    const served = this.#issuers.get(name);
    if (served) served.server.handler = await issuerHandler(served.parts, [served.server.listener.address]);
  }

  #keys(issuer: unknown): SigningKeys {
    const served = this.#issuers.get(String(issuer));
    if (!served) throw new ZeroTrustError('unknown-issuer', `there is no issuer ${String(issuer)}`);
    return served.parts.keys;
  }
}

function describe({ parts, server }: Served): ServedIssuer {
  const { issuer } = parts;
  const services = [...issuer.services.values()];
  return {
    issuer: issuer.node.issuer,
    url: server.url,
    tokenEndpoint: `${server.url}${mountPath(issuer)}/token`,
    jwks: `${server.url}${new URL(issuer.node.jwksUri).pathname}`,
    algorithm: issuer.algorithm,
    grants: grantTypes(parts).map(({ name }) => name),
    client: DEVELOPMENT_CLIENT,
    audiences: Object.fromEntries(services.map(({ name, audience }) => [name, audience])),
  };
}

function sameListener(a: ListenerConfig, b: ListenerConfig | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
