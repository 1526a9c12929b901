import { X509Certificate } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { edgeSecret, envoyFiles, peersSecret, serverSecret } from '../../../lib/envoy/index.js';
import type { Plan, ServiceNode } from '../../../lib/plan/plan.js';
import { type RefValues, substitute, type Template } from '../../../lib/plan/refs.js';
import { Addresses } from '../../../local/addresses.js';
import type { EnvoyBinary } from '../../../local/envoy-binary.js';
import { StateFolder } from '../../../local/files.js';
import { Guardian } from '../../../local/guardian.js';
import { type Leaf, TestAuthority } from '../support/authority.js';
import { issuerKey, TestIssuer } from '../support/issuer.js';
import { type Documents, mapDocuments } from './documents.js';
import { KeyServer } from './key-server.js';
import type { Node } from './shape.js';
import { EchoServer, type ServerOptions } from './server.js';

const FOREIGN = 'foreign.example';

/** Everything around one point: who it talks to, who talks to it, and where all that is. */
export class World {
  readonly servers = new Map<string, EchoServer>();
  readonly keyServers = new Map<string, KeyServer>();
  readonly issuers: Readonly<Record<string, TestIssuer>>;
  readonly #leaves = new Map<string, Promise<Leaf>>();
  readonly #values: Record<string, string | number> = {};
  /** What stands in observations for the values of this world. */
  readonly #spoken = new Map<string, string>();
  #started = 0;

  private constructor(
    readonly plan: Plan,
    readonly point: string,
    readonly binary: EnvoyBinary,
    readonly state: StateFolder,
    readonly guardian: Guardian,
    readonly addresses: Addresses,
    readonly authority: TestAuthority,
    /** Another trust domain's, which nobody here trusts. */
    readonly stranger: TestAuthority,
  ) {
    this.issuers = issuersOf(plan);
  }

  static async create(plan: Plan, point: string, binary: EnvoyBinary): Promise<World> {
    const state = StateFolder.open();
    const world = new World(
      plan,
      point,
      binary,
      state,
      new Guardian(state.path),
      new Addresses(`mutation ${process.pid} ${state.path}`),
      await TestAuthority.create(plan.certificates, plan.trustDomain),
      await TestAuthority.create(plan.certificates, FOREIGN),
    );
    await world.#openPoint();
    await world.#openServers();
    await world.#openIssuers();
    return world;
  }

  get kind(): 'gateway' | 'sidecar' {
    return this.point === 'gateway' ? 'gateway' : 'sidecar';
  }

  /** The service that a sidecar stands for. */
  get service(): ServiceNode {
    const service = Object.values(this.plan.services).find(({ sidecar }) => sidecar.key === this.point);
    if (!service) throw new RangeError(`${this.point} is no sidecar`);
    return service;
  }

  /** The SPIFFE ID of a service or of the gateway. */
  spiffeId(name: string): string {
    return name === 'gateway' ? this.plan.gateway.spiffeId : this.plan.services[name]!.sidecar.spiffeId;
  }

  /** The leaf of a service or of the gateway, the same for as long as this world is there. */
  leaf(name: string): Promise<Leaf> {
    const known = this.#leaves.get(name) ?? this.authority.workload(this.spiffeId(name));
    this.#leaves.set(name, known);
    return known;
  }

  /** A leaf of a service or of the gateway whose time is over. */
  expired(name: string): Promise<Leaf> {
    const over = (this.plan.certificates.workload.lifetimeSeconds + 60) * 1000;
    return this.authority.workload(this.spiffeId(name), new Date(Date.now() - over));
  }

  /** The path of a root that verifies nobody here. */
  strangerCa(): string {
    const path = join(this.state.path, 'stranger-ca.pem');
    writeFileSync(path, this.stranger.root);
    return path;
  }

  /** A value by the rest of its name after the point's key. */
  own(name: string): string {
    return String(this.#values[`${this.point}/${name}`]);
  }

  ownPort(name: string): number {
    return Number(this.own(`${name}/port`));
  }

  /** The value of a ref. */
  value(name: string): string | number {
    return this.#values[name]!;
  }

  /** A text with the addresses, ports and paths of this world replaced by what they are. */
  spoken(text: string): string {
    // An address with its port before the address alone.
    const entries = [...this.#spoken].sort(([a], [b]) => b.length - a.length);
    return entries.reduce((result, [value, name]) => result.replaceAll(value, name), text);
  }

  /** The configuration of the point, in a new folder, with the mutant's change made. */
  write(change: (documents: Documents) => Documents, values: RefValues = {}): string {
    this.#started += 1;
    const folder = this.state.folder(`e${this.#started}`);
    const secrets = join(folder, 'secrets');
    mkdirSync(join(secrets, 'first'), { recursive: true });
    symlinkSync('first', join(secrets, 'current'));
    const own = {
      ...this.#values,
      [`${this.point}/admin/path`]: this.state.socket(`a${this.#started % 10}`),
      [`${this.point}/routes/directory`]: folder,
      [`${this.point}/routes/path`]: join(folder, 'routes.json'),
      [`${this.point}/secrets/directory`]: secrets,
      [`${this.point}/secrets/server`]: join(secrets, 'server.json'),
      [`${this.point}/secrets/peers`]: join(secrets, 'peers.json'),
      [`${this.point}/secrets/edge`]: join(secrets, 'edge.json'),
      ...values,
    };
    const documents = change(this.documents(secrets));
    for (const [name, file] of Object.entries(FILES)) {
      const document = documents[name as keyof Documents];
      if (document !== undefined) {
        writeFileSync(join(folder, file), JSON.stringify(substitute(document as Template, own)), {
          mode: 0o600,
        });
      }
    }
    return folder;
  }

  /** What is generated for the point. */
  documents(secrets: string): Documents {
    return generated(this.plan, this.point, secrets);
  }

  /** Put certificates where the secrets of `write` look for them. */
  async fill(folder: string, version: string): Promise<void> {
    const at = join(folder, 'secrets', version);
    mkdirSync(at, { recursive: true });
    const put = (name: string, content: string) => writeFileSync(join(at, name), content, { mode: 0o600 });
    const name = this.kind === 'gateway' ? 'gateway' : this.service.name;
    const server =
      version === 'first' ? await this.leaf(name) : await this.authority.workload(this.spiffeId(name));
    this.#spoken.set(fingerprint(server), `<${version} server certificate>`);
    put('server.pem', server.certificate);
    put('server.key', server.key);
    if (this.kind === 'gateway') {
      const edge = await (version === 'first' ? this.#edge : this.#newEdge());
      this.#spoken.set(fingerprint(edge), `<${version} edge certificate>`);
      put('edge.pem', edge.certificate);
      put('edge.key', edge.key);
    }
    put('peers.pem', version === 'first' ? this.authority.root : this.stranger.root);
  }

  /** What the key servers and echo servers kept from an Envoy that is gone. */
  reset(): void {
    for (const server of this.servers.values()) server.forget();
    for (const server of this.keyServers.values()) server.forget();
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.close()));
    await Promise.all([...this.keyServers.values()].map((server) => server.close()));
    await this.addresses.close();
    this.state.remove();
    await this.guardian.close();
  }

  #edgeLeaf: Promise<Leaf> | undefined;
  get #edge(): Promise<Leaf> {
    this.#edgeLeaf ??= this.#newEdge();
    return this.#edgeLeaf;
  }

  #newEdge(): Promise<Leaf> {
    return this.authority.edge(this.plan.gateway.services.map((name) => this.plan.services[name]!.authority));
  }

  async #openPoint(): Promise<void> {
    const own = await this.addresses.address(this.point);
    this.#place(`${this.point}/listen`, own, await this.addresses.port(own, 8443));
    this.#place(`${this.point}/ready`, own, await this.addresses.port(own, 8080));
  }

  async #openServers(): Promise<void> {
    const { plan, addresses } = this;
    const peers = this.kind === 'gateway' ? plan.gateway.services : this.service.sidecar.upstreams;
    for (const name of peers) {
      const node = plan.services[name]!;
      const address = await addresses.address(node.key);
      const port = await addresses.port(address, 8443);
      this.servers.set(name, await EchoServer.start({ address, port, ...(await this.#peer(name)) }));
      this.#place(`${node.key}/endpoint`, address, port);
      if (this.kind === 'gateway') continue;
      const own = this.own('listen/address');
      const outbound = await addresses.port(own, 9000);
      this.#values[`${this.point}/outbound/${name}/authority`] = `${own}:${outbound}`;
      this.#place(`${this.point}/outbound/${name}`, own, outbound);
    }
    if (this.kind === 'gateway') return;
    const { key, name, protocol } = this.service;
    const address = await addresses.address(`${key}/application`);
    const port = await addresses.port(address, 8080);
    this.servers.set(name, await EchoServer.start({ address, port, http2: protocol === 'grpc' }));
    this.#place(`${key}/application`, address, port);
  }

  /** Who answers in the place of a service: some are not who they should be. */
  async #peer(name: string): Promise<Omit<ServerOptions, 'address' | 'port'>> {
    const ca = this.authority.root;
    switch (name) {
      case 'renamed':
        return { tls: { leaf: await this.leaf('api'), ca } };
      case 'foreign':
        return { tls: { leaf: await this.stranger.workload(this.spiffeId(name)), ca } };
      case 'curved':
        return { tls: { leaf: await this.leaf(name), ca, ecdhCurve: 'P-256' } };
      case 'hybrid':
        return { tls: { leaf: await this.leaf(name), ca, ecdhCurve: 'X25519MLKEM768' } };
      case 'classic':
        return { tls: { leaf: await this.leaf(name), ca, ecdhCurve: 'X25519' } };
      case 'dated':
        return { tls: { leaf: await this.leaf(name), ca, maxVersion: 'TLSv1.2' } };
      case 'silent':
        return { silent: true };
      default:
        return { tls: { leaf: await this.leaf(name), ca } };
    }
  }

  async #openIssuers(): Promise<void> {
    writeFileSync(join(this.state.path, 'keys-ca.pem'), this.authority.root);
    for (const [name, node] of Object.entries(this.plan.issuers)) {
      const issuer = this.issuers[name]!;
      const address = await this.addresses.address(node.key);
      const port = await this.addresses.port(address, 8443);
      const leaf = await this.authority.edge([new URL(node.jwksUri).hostname]);
      this.keyServers.set(name, await KeyServer.start(issuer, leaf, address, port));
      this.#place(`${node.key}/endpoint`, address, port);
      this.#values[`${node.key}/ca/path`] = join(this.state.path, 'keys-ca.pem');
    }
  }

  #place(name: string, address: string, port: number): void {
    this.#values[`${name}/address`] = address;
    this.#values[`${name}/port`] = port;
    this.#spoken.set(`${address}:${port}`, `<${name}>`);
    this.#spoken.set(address, '<address>');
  }
}

/** The files of a point, in the folder that `World.write` makes. */
const FILES: Readonly<Record<keyof Documents, string>> = {
  bootstrap: 'bootstrap.json',
  routes: 'routes.json',
  server: 'secrets/server.json',
  peers: 'secrets/peers.json',
  edge: 'secrets/edge.json',
};

/** Everything that is generated for a point, with the certificates under `secrets/current`. */
export function generated(plan: Plan, point: string, secrets: string): Documents {
  const current = join(secrets, 'current');
  const pair = (name: string) =>
    [join(current, `${name}.pem`), join(current, `${name}.key`), secrets] as const;
  const documents = {
    ...envoyFiles(plan, point),
    server: serverSecret(...pair('server')),
    peers: peersSecret({ [plan.trustDomain]: join(secrets, 'first', 'peers.pem') }),
    ...(point === 'gateway' && { edge: edgeSecret(...pair('edge')) }),
  };
  return mapDocuments(documents as unknown as Documents, (document) => document as Node);
}

/** As Node writes it for a peer's certificate. */
function fingerprint({ certificate }: Leaf): string {
  return new X509Certificate(certificate).fingerprint256;
}

function issuersOf(plan: Plan): Record<string, TestIssuer> {
  return Object.fromEntries(
    Object.entries(plan.issuers).map(([name, { issuer }]) => {
      const keys = [issuerKey('ES256', 'first'), issuerKey('ES256', 'second')];
      if (name === 'partners') keys.push(issuerKey('RS256', 'rsa'));
      return [name, new TestIssuer(name, issuer, keys)];
    }),
  );
}
