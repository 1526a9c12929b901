import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import {
  certificateRequest,
  defaultRate,
  generatePrivateKey,
  issueEdge,
  type Issued,
  type IssuanceLimit,
  memoryLimit,
  registrationAuthority,
} from '../../lib/authority/index.js';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import type { Plan } from '../../lib/plan/plan.js';
import { failure } from '../control.js';
import { type Emit, readPlan } from '../part.js';
import type { AuthorityConfig } from './config.js';
import { leafPaths } from './layout.js';
import { LeafFolder } from '../../lib/point/leaf-folder.js';
import { RootFolder } from './root-folder.js';
import { SecretsFolder } from './secrets-folder.js';
import { reasonToRenew, renewalTime, type WantedLeaf, wantedLeaves } from './wanted.js';

/** Milliseconds until a leaf that could not be issued is tried again. */
const RETRY = 5_000;

export interface LocalAuthorityOptions {
  readonly emit: Emit;
  /** @default the clock */
  readonly now?: () => Date;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
}

interface Leaf {
  readonly wanted: WantedLeaf;
  readonly folder: LeafFolder;
  /** Milliseconds since the epoch. */
  renewAt: number;
}

/**
 * The authority of one machine: it starts every part itself, so it is the attestation, and it makes
 * their keys. Without it everything goes on until the leaves expire; when it is back it renews.
 */
export class LocalAuthority {
  #plan: Plan;
  #leaves: Leaf[] = [];
  /** One change at a time: a timer and a command may come together. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #limit: IssuanceLimit;
  readonly #files: SecretsFolder;

  private constructor(
    readonly config: AuthorityConfig,
    readonly options: LocalAuthorityOptions,
    plan: Plan,
    readonly mesh: RootFolder,
    readonly edge: RootFolder,
  ) {
    this.#plan = plan;
    this.#files = new SecretsFolder(config.secrets);
    // Nobody else can ask, and tests rotate as often as they like.
    this.#limit = memoryLimit({ ...defaultRate(plan), burst: 1000 });
  }

  /** Open or make the roots, and write everything that the points read. */
  static async open(config: AuthorityConfig, options: LocalAuthorityOptions): Promise<LocalAuthority> {
    const plan = readPlan(config.plan);
    const now = options.now?.() ?? new Date();
    const { certificates, trustDomain } = plan;
    const mesh = await RootFolder.open(join(config.state, 'mesh'), trustDomain, certificates, now);
    const edge = await RootFolder.open(join(config.state, 'edge'), `${trustDomain} edge`, certificates, now);
    const authority = new LocalAuthority(config, options, plan, mesh, edge);
    authority.#lay();
    await authority.renew();
    return authority;
  }

  /** Renew what is due. Returns when to look again. */
  renew(): Promise<Date> {
    return this.#alone(async () => {
      await this.mesh.renewIssuing(this.#now());
      await this.edge.renewIssuing(this.#now());
      for (const leaf of this.#leaves) await this.#renewLeaf(leaf);
      return new Date(Math.min(...this.#leaves.map(({ renewAt }) => renewAt)));
    });
  }

  /** Issue the leaves of one owner (a point, or `issuers/<name>`), or of all, whether due or not. */
  reissue(owner?: string): Promise<void> {
    return this.#alone(async () => {
      const leaves = this.#leaves.filter(({ wanted }) => owner === undefined || wanted.owner === owner);
      if (leaves.length === 0) throw new ZeroTrustError('unknown-point', `no leaf belongs to ${owner}`);
      for (const leaf of leaves) await this.#issue(leaf, 'asked');
    });
  }

  /** Take the plan's file again: new points get leaves, those that are gone lose theirs. */
  async reload(): Promise<void> {
    await this.#alone(async () => {
      const plan = readPlan(this.config.plan);
      if (plan.trustDomain !== this.#plan.trustDomain) {
        throw new ZeroTrustError(
          'trust-domain-changed',
          'an authority keeps its trust domain: start another one',
        );
      }
      this.#plan = plan;
      this.#lay();
    });
    await this.renew();
  }

  /** A new root of the mesh that peers accept beside the old one. */
  prepareRoot(): Promise<void> {
    return this.#alone(async () => {
      await this.mesh.prepare(this.#now());
      this.#files.layPeers(this.#plan, this.mesh.bundle);
      this.options.emit('root-prepared');
    });
  }

  /** All leaves of the mesh come from the new root. Every point must have read the new bundle before. */
  async activateRoot(): Promise<void> {
    await this.#alone(async () => {
      await this.mesh.activate(this.#now());
      this.options.emit('root-activated');
    });
    await this.renew();
  }

  /** The old root is no longer accepted. */
  retireRoot(): Promise<void> {
    return this.#alone(async () => {
      this.mesh.retire();
      this.#files.layPeers(this.#plan, this.mesh.bundle);
      this.options.emit('root-retired');
    });
  }

  #now(): Date {
    return this.options.now?.() ?? new Date();
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Write what names the leaves, and take the list of leaves from the plan. */
  #lay(): void {
    const { secrets, gatewayHosts } = this.config;
    this.#files.lay(this.#plan);
    this.#files.layEdge(this.edge.bundle);
    this.#files.layPeers(this.#plan, this.mesh.bundle);
    const before = new Map(this.#leaves.map((leaf) => [nameOf(leaf.wanted), leaf.renewAt]));
    this.#leaves = wantedLeaves(this.#plan, gatewayHosts).map((wanted) => {
      const folder = new LeafFolder(leafPaths(secrets, wanted.owner, wanted.leaf));
      const found = folder.read();
      const renewAt = before.get(nameOf(wanted)) ?? (found ? renewalTime(found, this.#random()) : 0);
      return { wanted, folder, renewAt };
    });
  }

  async #renewLeaf(leaf: Leaf): Promise<void> {
    const { workload, edge } = this.#plan.certificates;
    const isServer = leaf.wanted.leaf === 'server';
    const { certificate } = isServer ? this.mesh.issuing : this.edge.issuing;
    const reason = reasonToRenew(leaf.folder.read(), leaf.wanted, {
      issuing: new X509Certificate(certificate),
      lifetimeSeconds: (isServer ? workload : edge).lifetimeSeconds,
      renewAt: leaf.renewAt,
      now: this.#now(),
    });
    if (reason === undefined) return;
    try {
      await this.#issue(leaf, reason);
    } catch (error) {
      leaf.renewAt = this.#now().getTime() + RETRY;
      this.options.emit('failed', { ...subject(leaf.wanted), reason, ...failure(error) });
    }
  }

  async #issue(leaf: Leaf, reason: string): Promise<void> {
    const key = generatePrivateKey();
    const csr = await certificateRequest(key);
    const { issued, chain } = await this.#sign(leaf.wanted, csr);
    leaf.folder.install(issued.serial, chain, key.export({ type: 'pkcs8', format: 'pem' }).toString());
    leaf.renewAt = renewalTime(new X509Certificate(issued.pem), this.#random());
    const { serial, notBefore, notAfter } = issued;
    this.options.emit('issued', { ...subject(leaf.wanted), reason, serial, notBefore, notAfter });
  }

  async #sign(wanted: WantedLeaf, csr: string): Promise<{ issued: Issued; chain: string }> {
    const now = this.#now();
    if (wanted.leaf === 'server') {
      const registration = registrationAuthority(this.#plan, {
        issuing: this.mesh.issuing,
        limit: this.#limit,
      });
      const issued = await registration.issue(wanted.owner, csr, now);
      return { issued, chain: issued.chain };
    }
    const issuing = this.edge.issuing;
    const issued = await issueEdge(this.#plan.certificates, issuing, { csr, hosts: wanted.hosts, now });
    return { issued, chain: issued.pem + issuing.certificate };
  }

  #random(): number {
    return (this.options.random ?? Math.random)();
  }
}

function nameOf({ owner, leaf }: WantedLeaf): string {
  return `${owner}/${leaf}`;
}

function subject(wanted: WantedLeaf): object {
  const { owner, leaf } = wanted;
  return wanted.leaf === 'server'
    ? { owner, leaf, spiffeId: wanted.spiffeId }
    : { owner, leaf, hosts: wanted.hosts };
}
