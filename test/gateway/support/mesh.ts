import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { certificateRequest, generatePrivateKey } from '../../../lib/authority/index.js';
import { allow, defineZeroTrust, http, workload } from '../../../lib/model/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { RefValues } from '../../../lib/plan/refs.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { Addresses } from '../../../local/addresses.js';
import { StateFolder } from '../../../local/files.js';
import { Guardian } from '../../../local/guardian.js';
import { AgentProcess, type AgentProcessOptions } from './agent-process.js';
import { TestCloud } from './cloud.js';

export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Orders may charge; nobody else may. */
export const meshPlan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    services: { orders: http(), payments: http({ requestsPerSecond: 1_000_000 }) },
    access: [allow(workload('orders')).to('payments', 'GET /charges/{id}')],
  }),
  { engine: 'aws' },
);

/** A cloud on loopback and a place for each point of a plan. Everything ends with `close`. */
export class TestMesh {
  readonly #refs: Record<string, string | number> = {};
  readonly #servers: Server[] = [];
  readonly #agents: AgentProcess[] = [];

  private constructor(
    readonly plan: Plan,
    readonly cloud: TestCloud,
    readonly state: StateFolder,
    readonly guardian: Guardian,
    readonly addresses: Addresses,
  ) {}

  static async create(plan = meshPlan): Promise<TestMesh> {
    const state = StateFolder.open();
    const guardian = new Guardian(state.path);
    const addresses = new Addresses(`agents ${process.pid} ${state.path}`);
    const mesh = new TestMesh(plan, await TestCloud.start(), state, guardian, addresses);
    for (const { key, sidecar } of Object.values(plan.services)) {
      await mesh.#points(sidecar.key);
      mesh.place(`${key}/endpoint`, mesh.at(`${sidecar.key}/listen`));
      mesh.place(`${key}/application`, await mesh.free(`${key} application`, 8080));
      for (const upstream of sidecar.upstreams) {
        const name = `${sidecar.key}/outbound/${upstream}`;
        mesh.place(name, await mesh.free(sidecar.key, 15_101));
        mesh.set(`${name}/authority`, `${mesh.at(name).address}:${mesh.at(name).port}`);
      }
      for (const host of sidecar.destinations ?? []) {
        const name = `${sidecar.key}/egress/${host}`;
        mesh.place(name, await mesh.free(sidecar.key, 15_201));
        mesh.set(`${name}/authority`, `${mesh.at(name).address}:${mesh.at(name).port}`);
      }
    }
    await mesh.#points(plan.gateway.key);
    if (plan.egress) {
      await mesh.#points('egress');
      mesh.place('egress/endpoint', mesh.at('egress/listen'));
      mesh.place('egress/tunnel/listen', await mesh.free('egress', 15_010));
      mesh.place('egress/tunnel/endpoint', mesh.at('egress/tunnel/listen'));
    } else {
      await mesh.#points('key-tunnel');
      mesh.place('key-tunnel/endpoint', mesh.at('key-tunnel/listen'));
    }
    return mesh;
  }

  get refs(): RefValues {
    return this.#refs;
  }

  set(name: string, value: string | number): void {
    this.#refs[name] = value;
  }

  place(name: string, { address, port }: Place): void {
    this.set(`${name}/address`, address);
    this.set(`${name}/port`, port);
  }

  at(name: string): Place {
    return { address: String(this.#refs[`${name}/address`]), port: Number(this.#refs[`${name}/port`]) };
  }

  async free(owner: string, wanted: number): Promise<Place> {
    const address = await this.addresses.address(owner);
    return { address, port: await this.addresses.port(address, wanted) };
  }

  /** What the agent of a point is started with. */
  async options(point: string, more: Partial<AgentProcessOptions> = {}): Promise<AgentProcessOptions> {
    const { cloud, guardian, plan, state } = this;
    const name = point.replaceAll('/', '.');
    const volume = join(state.path, `${name}-volume`);
    const directory = join(state.path, `${name}-elsewhere`);
    for (const folder of [volume, directory]) mkdirSync(folder, { recursive: true });
    const healthPort = await this.addresses.port('127.0.0.1', 20_000 + Math.floor(Math.random() * 20_000));
    return { cloud, guardian, plan, point, volume, directory, healthPort, refs: this.#refs, ...more };
  }

  async agent(point: string, more: Partial<AgentProcessOptions> = {}): Promise<AgentProcess> {
    const agent = await AgentProcess.spawn(await this.options(point, more));
    this.#agents.push(agent);
    return agent;
  }

  async serving(point: string, more: Partial<AgentProcessOptions> = {}): Promise<AgentProcess> {
    const agent = await this.agent(point, more);
    await agent.said('serving');
    return agent;
  }

  /** An application that answers with who called it; `/charges/slow` waits for `release`. */
  async application(service: string): Promise<{ release(): void; waiting: Promise<void> }> {
    let release = () => {};
    let arrived = () => {};
    const released = new Promise<void>((done) => {
      release = done;
    });
    const waiting = new Promise<void>((done) => {
      arrived = done;
    });
    const server = createServer((request, response) => {
      const answer = () => response.end(String(request.headers['x-forwarded-client-cert']));
      if (request.url !== '/charges/slow') return answer();
      arrived();
      void released.then(answer);
      return undefined;
    });
    const { address, port } = this.at(`services/${service}/application`);
    server.listen(port, address);
    await once(server, 'listening');
    this.#servers.push(server);
    return { release, waiting };
  }

  /** A certificate of the mesh in a client's hands. */
  async leaf(spiffeId: string): Promise<{ readonly cert: string; readonly key: string }> {
    const privateKey = generatePrivateKey();
    const answer = await this.cloud.certify({ csr: await certificateRequest(privateKey) }, spiffeId);
    if (answer.kind !== 'issued') throw new Error(answer.code);
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { cert: answer.certificates, key };
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.map(({ child }) => child.stop()));
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    await this.cloud.close();
    await this.addresses.close();
    this.state.remove();
    await this.guardian.close();
  }

  async #points(key: string): Promise<void> {
    this.place(`${key}/listen`, await this.free(key, 15_006));
    this.place(`${key}/ready`, await this.free(key, 15_021));
  }
}

/** Whether anything takes a connection there. */
export function listens({ address, port }: Place): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, address);
    const end = (found: boolean) => () => {
      socket.destroy();
      done(found);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}
