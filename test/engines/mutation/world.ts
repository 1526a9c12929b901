import { X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
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
/** Seconds that a leaf lives here: longer than all mutants of a point take. */
const LIFETIME = 86_400;

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
    const { workload } = plan.certificates;
    const profiles = { ...plan.certificates, workload: { ...workload, lifetimeSeconds: LIFETIME } };
    const world = new World(
      plan,
      point,
      binary,
      state,
      new Guardian(state.path),
      new Addresses(`mutation ${process.pid} ${state.path}`),
      await TestAuthority.create(profiles, plan.trustDomain),
      await TestAuthority.create(profiles, FOREIGN),
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
    const known = this.#leaves.get(name) ?? this.#newLeaf(name);
    this.#leaves.set(name, known);
    return known;
  }

  async #newLeaf(name: string): Promise<Leaf> {
    const leaf = await this.authority.workload(this.spiffeId(name));
    this.#know(leaf, name);
    return leaf;
  }

  /** Have observations speak of a certificate by a name, however its digest is written. */
  #know({ certificate }: Leaf, name: string): void {
    const digest = new X509Certificate(certificate).fingerprint256;
    this.#spoken.set(digest, `<certificate: ${name}>`);
    this.#spoken.set(digest.replaceAll(':', '').toLowerCase(), `<certificate: ${name}>`);
  }

  /** A leaf of a service or of the gateway whose time is over. */
  expired(name: string): Promise<Leaf> {
    const over = (LIFETIME + 60) * 1000;
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

  /**
   * The configuration of the point, in a new folder, with the mutant's change made. What is watched is
   * reached through a symbolic link `current` that is replaced by renaming, as agents and kubelets do it.
   */
  async write(change: (documents: Documents) => Documents, values: RefValues = {}): Promise<string> {
    this.#started += 1;
    const folder = this.state.folder(`e${this.#started}`);
    const secrets = join(folder, 'secrets');
    for (const at of [folder, secrets]) {
      mkdirSync(join(at, 'first'), { recursive: true });
      symlinkSync('first', join(at, 'current'));
    }
    const secret = (name: string) => join(secrets, 'current', `${name}.json`);
    const own = {
      ...this.#values,
      [`${this.point}/admin/path`]: this.state.socket(`a${this.#started % 10}`),
      [`${this.point}/routes/directory`]: folder,
      [`${this.point}/routes/path`]: join(folder, 'current', 'routes.json'),
      [`${this.point}/secrets/directory`]: secrets,
      [`${this.point}/secrets/server`]: secret('server'),
      [`${this.point}/secrets/peers`]: secret('peers'),
      [`${this.point}/secrets/edge`]: secret('edge'),
      ...values,
    };
    const documents = change(generated(this.plan, this.point, secrets));
    for (const [name, file] of Object.entries(FILES)) {
      const document = documents[name as keyof Documents];
      if (document !== undefined)
        put(join(folder, file), JSON.stringify(substitute(document as Template, own)));
    }
    await this.#certify(join(secrets, 'first'), 'first');
    return folder;
  }

  /**
   * Give a point other secrets: its certificates renewed under the same paths, under other paths, or
   * other roots for its peers.
   */
  async renew(folder: string, what: 'certificates' | 'paths' | 'roots'): Promise<void> {
    const secrets = join(folder, 'secrets');
    const at = join(secrets, what);
    cpSync(join(secrets, 'first'), at, { recursive: true });
    if (what === 'certificates') await this.#certify(at, what);
    if (what === 'paths') {
      // Under the old paths the old certificates stay.
      const elsewhere = join(at, 'elsewhere');
      mkdirSync(elsewhere);
      await this.#certify(elsewhere, what);
      const pair = (name: string) =>
        [join(elsewhere, `${name}.pem`), join(elsewhere, `${name}.key`), secrets] as const;
      put(join(at, 'server.json'), JSON.stringify(serverSecret(...pair('server'))));
      if (this.kind === 'gateway') put(join(at, 'edge.json'), JSON.stringify(edgeSecret(...pair('edge'))));
    }
    if (what === 'roots') {
      put(join(at, 'peers.pem'), this.stranger.root);
      put(
        join(at, 'peers.json'),
        JSON.stringify(peersSecret({ [this.plan.trustDomain]: join(at, 'peers.pem') })),
      );
    }
    point(secrets, what);
  }

  /** What surrounds the point as it was at first, for a new Envoy. */
  reset(): void {
    for (const server of this.servers.values()) server.forget();
    for (const server of this.keyServers.values()) server.reset();
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.close()));
    await Promise.all([...this.keyServers.values()].map((server) => server.close()));
    await this.addresses.close();
    this.state.remove();
    await this.guardian.close();
  }

  /** Certificates in a folder of secrets; how they look from outside is known from then on. */
  async #certify(at: string, version: string): Promise<void> {
    const first = version === 'first';
    const name = this.kind === 'gateway' ? 'gateway' : this.service.name;
    const show = (kind: string, leaf: Leaf) => {
      this.#know(leaf, `${kind}, ${version}`);
      put(join(at, `${kind}.pem`), leaf.certificate);
      put(join(at, `${kind}.key`), leaf.key);
    };
    show('server', await (first ? this.leaf(name) : this.authority.workload(this.spiffeId(name))));
    if (first) put(join(at, 'peers.pem'), this.authority.root);
    if (this.kind === 'sidecar') return;
    this.#edge ??= this.#newEdge();
    show('edge', await (first ? this.#edge : this.#newEdge()));
  }

  #edge: Promise<Leaf> | undefined;

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
  routes: 'first/routes.json',
  server: 'secrets/first/server.json',
  peers: 'secrets/first/peers.json',
  edge: 'secrets/first/edge.json',
};

function put(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600 });
}

/** Have `current` in a folder lead to another version, at once. */
export function point(folder: string, version: string): void {
  const next = join(folder, 'next');
  symlinkSync(version, next);
  renameSync(next, join(folder, 'current'));
}

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

/** Made once: an RSA key takes a while. */
const issuers = new Map<string, TestIssuer>();

function issuersOf(plan: Plan): Record<string, TestIssuer> {
  return Object.fromEntries(
    Object.entries(plan.issuers).map(([name, { issuer }]) => {
      const keys = () => [
        issuerKey('ES256', 'first'),
        issuerKey('ES256', 'second'),
        issuerKey('RS256', 'rsa'),
        issuerKey('ES384', 'other'),
      ];
      const known = issuers.get(issuer) ?? new TestIssuer(name, issuer, keys());
      issuers.set(issuer, known);
      return [name, known];
    }),
  );
}
