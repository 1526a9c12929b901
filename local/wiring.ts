import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { codedError } from '../lib/coded-error.js';
import { pointKeys, tokenServers } from '../lib/envoy/index.js';
import { asksDecisions } from '../lib/plan/delegation.js';
import type { Plan } from '../lib/plan/plan.js';
import type { RefValues } from '../lib/plan/refs.js';
import type { Addresses } from './addresses.js';
import { pointSecrets } from './authority/layout.js';
import type { StateFolder } from './files.js';
import { loginSecrets } from './login-secrets.js';

/** The ports of every address, unless something else listens there. */
const PORTS = {
  /** The gateway's, for users. */
  gateway: 8443,
  /** A sidecar's, for its peers. */
  inbound: 15006,
  ready: 15021,
  /** Of the decision service beside a point. */
  decision: 15031,
  /** The first of a sidecar's ports for its workload, one per upstream. */
  outbound: 15101,
  /** The first of a sidecar's ports for its workload, one per host outside. */
  egress: 15201,
  /** The egress gateway's, for the tunnel of issuers' keys. */
  tunnel: 15443,
  /** The first application's. Each application has another one, for those that listen on every address. */
  application: 18080,
  /** Of each issuer that the local identity provider stands in for. */
  issuer: 8443,
} as const;

/** A place to connect to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Where an issuer's keys are served, and what verifies that server. */
export interface IssuerEndpoint extends Endpoint {
  /** PEM bundle. */
  readonly ca: string;
}

/** Where everything of a platform is on this machine: the values of the plan's refs. */
export class Wiring {
  /** The folder that the authority writes. */
  readonly secrets: string;
  readonly #endpoints = new Map<string, Endpoint>();
  #nextApplication: number = PORTS.application;

  constructor(
    readonly addresses: Addresses,
    readonly state: StateFolder,
    /** Exactly this one. @default 8443, or the next that is free */
    readonly gatewayPort?: number,
  ) {
    this.secrets = state.folder('secrets');
  }

  /**
   * Find a place for whatever a plan has and an earlier one had not. What has a place keeps it, so
   * that nothing that runs has to move.
   */
  async allot(plan: Plan): Promise<void> {
    const { gateway, services, issuers } = plan;
    const { gatewayPort = PORTS.gateway } = this;
    const users = await this.#allot(`${gateway.key}/listen`, gateway.key, gatewayPort);
    if (this.gatewayPort !== undefined && users.port !== this.gatewayPort) {
      throw codedError('port-in-use', '--port', 'the port of the gateway is not free', {
        found: `${users.address}:${this.gatewayPort}`,
        remedy: 'end what uses it, name another port, or leave it out for the next that is free',
      });
    }
    await this.#allot(`${gateway.key}/ready`, gateway.key, PORTS.ready);
    for (const point of pointKeys(plan).filter((key) => asksDecisions(plan, key))) {
      const owner = point === gateway.key ? point : point.slice(0, point.lastIndexOf('/'));
      await this.#allot(`${point}/decision`, owner, PORTS.decision);
    }
    for (const { key } of Object.values(issuers)) await this.#allot(`${key}/endpoint`, key, PORTS.issuer);
    for (const { key, sidecar } of Object.values(services)) {
      await this.#allot(`${sidecar.key}/listen`, key, PORTS.inbound);
      await this.#allot(`${sidecar.key}/ready`, key, PORTS.ready);
      const { port } = await this.#allot(`${key}/application`, key, this.#nextApplication);
      this.#nextApplication = Math.max(this.#nextApplication, port + 1);
      for (const upstream of sidecar.upstreams) {
        await this.#allot(`${sidecar.key}/outbound/${upstream}`, key, PORTS.outbound);
      }
      for (const host of sidecar.destinations ?? []) {
        await this.#allot(`${sidecar.key}/egress/${host}`, key, PORTS.egress);
      }
    }
    if (!plan.egress) return;
    const { key } = plan.egress;
    await this.#allot(`${key}/listen`, key, PORTS.inbound);
    await this.#allot(`${key}/ready`, key, PORTS.ready);
    await this.#allot(`${key}/tunnel/listen`, key, PORTS.tunnel);
  }

  /** The values of all refs of a plan that has been allotted its places. */
  values(plan: Plan, issuers: Readonly<Record<string, IssuerEndpoint>>): RefValues {
    const values: Record<string, string | number> = {};
    const put = (name: string, { address, port }: Endpoint) => {
      values[`${name}/address`] = address;
      values[`${name}/port`] = port;
    };
    for (const point of pointKeys(plan)) {
      const secrets = pointSecrets(this.secrets, point);
      const routes = this.routesPath(point);
      Object.assign(values, {
        [`${point}/admin/path`]: this.adminSocket(point),
        [`${point}/routes/path`]: routes,
        [`${point}/routes/directory`]: dirname(routes),
        [`${point}/secrets/directory`]: secrets.directory,
        [`${point}/secrets/server`]: secrets.server,
        [`${point}/secrets/peers`]: secrets.peers,
        ...(point === plan.gateway.key && { [`${point}/secrets/edge`]: secrets.edge }),
      });
      if (plan.egress && point !== plan.egress.key) {
        for (const issuer of Object.keys(plan.issuers)) {
          values[`${point}/keys/${issuer}/path`] = this.keySocket(point, issuer);
        }
      }
      if (plan.egress && point === plan.gateway.key) {
        for (const { key } of tokenServers(plan)) {
          const name = key.slice('issuers/'.length);
          values[`${point}/keys/${name}/path`] = this.keySocket(point, name);
        }
      }
      put(`${point}/listen`, this.endpoint(`${point}/listen`));
      put(`${point}/ready`, this.endpoint(`${point}/ready`));
      if (asksDecisions(plan, point)) put(`${point}/decision`, this.endpoint(`${point}/decision`));
    }
    for (const { key, sidecar } of Object.values(plan.services)) {
      put(`${key}/endpoint`, this.endpoint(`${sidecar.key}/listen`));
      put(`${key}/application`, this.endpoint(`${key}/application`));
      for (const upstream of sidecar.upstreams) {
        const name = `${sidecar.key}/outbound/${upstream}`;
        const { address, port } = this.endpoint(name);
        put(name, { address, port });
        values[`${name}/authority`] = `${address}:${port}`;
      }
      for (const host of sidecar.destinations ?? []) {
        const name = `${sidecar.key}/egress/${host}`;
        const { address, port } = this.endpoint(name);
        put(name, { address, port });
        values[`${name}/authority`] = `${address}:${port}`;
      }
    }
    if (plan.egress) {
      const { key } = plan.egress;
      put(`${key}/endpoint`, this.endpoint(`${key}/listen`));
      for (const side of ['listen', 'endpoint']) {
        put(`${key}/tunnel/${side}`, this.endpoint(`${key}/tunnel/listen`));
      }
    }
    for (const { login } of Object.values(plan.services)) {
      if (!login) continue;
      const { directory, client, session } = loginSecrets(this.state, login);
      values[`${login.key}/directory`] = directory;
      values[`${login.key}/client/path`] = client;
      values[`${login.key}/session/path`] = session;
      const issuer = issuers[login.issuer.slice('issuers/'.length)];
      if (issuer) put(`${login.tokenServer}/endpoint`, issuer);
    }
    for (const [name, endpoint] of Object.entries(issuers)) {
      put(`issuers/${name}/endpoint`, endpoint);
      values[`issuers/${name}/ca/path`] = endpoint.ca;
    }
    return values;
  }

  /** Where a part listens. */
  endpoint(name: string): Endpoint {
    const found = this.#endpoints.get(name);
    if (!found) throw new RangeError(`nothing has been allotted to ${name}`);
    return found;
  }

  /** The folder of a point's own files. */
  pointFolder(point: string): string {
    return this.state.folder('points', ...point.split('/'));
  }

  /** A point's table of routes, in a folder of its own that Envoy watches. */
  routesPath(point: string): string {
    return join(this.state.folder('points', ...point.split('/'), 'routes'), 'routes.json');
  }

  adminSocket(point: string): string {
    return this.#socket(point);
  }

  /** Where a point hands over what is to reach an issuer's key server by way of the egress gateway. */
  keySocket(point: string, issuer: string): string {
    return this.#socket(`${point} ${issuer}`);
  }

  #socket(name: string): string {
    return this.state.socket(createHash('sha256').update(name).digest('hex').slice(0, 12));
  }

  /** Give back the places of what a plan no longer has. */
  async release(plan: Plan): Promise<void> {
    const { gateway, services, issuers } = plan;
    const egress = plan.egress ? [plan.egress] : [];
    const parts = [gateway, ...egress, ...Object.values(services), ...Object.values(issuers)];
    const kept = new Set(parts.map(({ key }) => key));
    for (const owner of this.addresses.keys()) {
      if (kept.has(owner)) continue;
      for (const name of this.#endpoints.keys()) {
        if (name.startsWith(`${owner}/`)) this.#endpoints.delete(name);
      }
      await this.addresses.release(owner);
    }
  }

  async #allot(name: string, owner: string, wanted: number): Promise<Endpoint> {
    const held = this.#endpoints.get(name);
    if (held) return held;
    const address = await this.addresses.address(owner);
    const endpoint = { address, port: await this.addresses.port(address, wanted) };
    this.#endpoints.set(name, endpoint);
    return endpoint;
  }
}
