import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '../lib/plan/plan.js';
import { edgeBundle, leafPaths } from './authority/layout.js';
import type { IdentityOptions, IdentityPart } from './identity-part.js';
import type { ServedIssuer } from './identity/identity.js';
import { delegationsOf, scopesOf } from './identity/issuer.js';
import { loginSecrets } from './login-secrets.js';
import type { Settled } from './machine.js';
import { PartProcess } from './part-process.js';
import type { IssuerEndpoint } from './wiring.js';

/** The identity provider of this machine, in a process of its own; it stands in for every issuer. */
export class IdentityProcess implements IdentityPart {
  readonly control: string;
  #process: PartProcess | undefined;
  #served: unknown;
  #issuers: Readonly<Record<string, ServedIssuer>> = {};

  constructor(
    readonly options: IdentityOptions,
    /** The file with the people. */
    readonly users: string | undefined,
  ) {
    this.control = options.state.socket('identity');
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  endpoints(plan: Plan): Readonly<Record<string, IssuerEndpoint>> {
    const { wiring } = this.options;
    const ca = edgeBundle(wiring.secrets);
    return Object.fromEntries(
      Object.entries(plan.issuers).map(([name, { key }]) => [
        name,
        { ...wiring.endpoint(`${key}/endpoint`), ca },
      ]),
    );
  }

  describe(plan: Plan): string {
    const names = Object.keys(plan.issuers);
    return names.length === 0 ? 'no issuer' : `stands in for ${names.join(', ')}`;
  }

  tokens(): Readonly<Record<string, ServedIssuer>> {
    return this.#issuers;
  }

  async settle(plan: Plan): Promise<Settled> {
    const wanted = Object.keys(plan.issuers).length === 0 ? undefined : servedFrom(plan);
    const running = this.pid === undefined ? undefined : this.#process;
    const needed = wanted !== undefined;
    if (isDeepStrictEqual(wanted, this.#served) && (running || !needed)) return 'same';
    // Served only once it is: after a failure the next call asks again.
    this.#served = undefined;
    if (!needed) await this.stop();
    else if (running) await this.#reload(running, plan);
    else await this.#start(plan);
    this.#served = wanted;
    return running && needed ? 'reloaded' : 'restarted';
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#issuers = {};
  }

  async #start(plan: Plan): Promise<void> {
    const { state, guardian, onEvent } = this.options;
    this.#process = new PartProcess({
      part: 'identity',
      program: 'local/identity/main',
      config: this.#config(plan),
      folder: state.folder('identity'),
      control: this.control,
      guardian,
      onEvent,
      whenGone: 'it is started again at the next edit; until then there are no new tokens',
    });
    this.#issuers = served(await this.#process.ready());
  }

  async #reload(running: PartProcess, plan: Plan): Promise<void> {
    running.configure(this.#config(plan));
    this.#issuers = served(await running.command('reload'));
  }

  #config(plan: Plan): Readonly<Record<string, unknown>> {
    const { state, wiring } = this.options;
    const logins = Object.fromEntries(
      Object.values(plan.services).flatMap(({ name, login, authority }) => {
        if (!login) return [];
        const { port } = wiring.endpoint(`${plan.gateway.key}/listen`);
        return [
          [name, { secret: loginSecrets(state, login).clientSecret, origins: originsOf(authority, port) }],
        ];
      }),
    );
    const issuers = Object.entries(plan.issuers).map(([name, { key }]) => [
      name,
      { ...wiring.endpoint(`${key}/endpoint`), ...leafPaths(wiring.secrets, key, 'edge') },
    ]);
    return {
      plan: join(state.path, 'plan.json'),
      state: state.folder('identity'),
      control: this.control,
      ...(this.users !== undefined && { users: this.users }),
      issuers: Object.fromEntries(issuers),
      ...(Object.keys(logins).length > 0 && { logins }),
    };
  }
}

/** Where a browser has a service: at the gateway's port here, or at 443 where its resolver is told of that. */
function originsOf(authority: string, port: number): string[] {
  return [`https://${authority}`, `https://${authority}:${port}`];
}

/** What the provider says of itself, when it is up and after each reload. */
function served(said: unknown): Readonly<Record<string, ServedIssuer>> {
  return (said as { readonly issuers: Readonly<Record<string, ServedIssuer>> }).issuers;
}

/** Everything of a plan that tokens depend on. */
function servedFrom(plan: Plan): unknown {
  const { issuers, policy } = plan;
  const services = Object.entries(policy.services).map(([name, { audiences, authority, spiffeId }]) => [
    name,
    authority,
    audiences,
    Object.keys(issuers).map((issuer) => delegationsOf(plan, issuer, spiffeId)),
  ]);
  const scopes = Object.entries(policy.issuers).map(([name, { scopeClaim }]) =>
    scopesOf(plan, name, scopeClaim),
  );
  const logins = Object.values(plan.services).flatMap(({ login }) => login ?? []);
  return [issuers, policy.issuers, services, scopes, logins];
}
