import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { Plan } from '../../../lib/plan/plan.js';
import { Addresses } from '../../../local/addresses.js';
import { type EnvoyBinary, findEnvoy } from '../../../local/envoy-binary.js';
import { StateFolder } from '../../../local/files.js';
import { Guardian } from '../../../local/guardian.js';
import { type Leaf, TestAuthority } from './authority.js';
import type { TestIssuer } from './issuer.js';
import { KeyServer } from './key-server.js';
import type { Received } from './upstream.js';

/** The port of the issuers' key server. */
const KEYS_PORT = 8443;

/**
 * What points need around them: an Envoy to run, addresses, certificates, and a server with the
 * issuers' keys. Everything it starts ends with `close`, or with this process.
 */
export class Testbed {
  /** What arrived behind the points, by its `traceparent`. */
  readonly received = new Map<string, Received>();
  readonly #leaves = new Map<string, Promise<Leaf>>();

  private constructor(
    readonly binary: EnvoyBinary,
    readonly state: StateFolder,
    readonly guardian: Guardian,
    readonly addresses: Addresses,
    readonly authority: TestAuthority,
    readonly keyServer: { readonly address: string; readonly port: number; readonly caPath: string },
    private readonly server: KeyServer,
  ) {}

  /** For the points of plans that have these issuers. */
  static async create(plan: Plan, issuers: readonly TestIssuer[]): Promise<Testbed> {
    const binary = await findEnvoy();
    const state = StateFolder.open();
    const guardian = new Guardian(state.path);
    const addresses = new Addresses(`testbed ${process.pid} ${state.path}`);
    const authority = await TestAuthority.create(plan.certificates, plan.trustDomain);
    writeFileSync(join(state.path, 'root.pem'), authority.root);

    const hosts = Object.values(plan.issuers).map(({ jwksUri }) => new URL(jwksUri).hostname);
    const leaf = await authority.edge(hosts.length > 0 ? hosts : ['keys.invalid']);
    const address = await addresses.address('keys');
    const port = await addresses.port(address, KEYS_PORT);
    const server = await KeyServer.start({ address, port }, leaf, plan, issuers);
    const keyServer = { address, port, caPath: join(state.path, 'root.pem') };
    return new Testbed(binary, state, guardian, addresses, authority, keyServer, server);
  }

  /** The leaf of a SPIFFE ID, the same for as long as the testbed is there. */
  leaf(spiffeId: string): Promise<Leaf> {
    const known = this.#leaves.get(spiffeId);
    if (known) return known;
    const leaf = this.authority.workload(spiffeId);
    this.#leaves.set(spiffeId, leaf);
    return leaf;
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.addresses.close();
    this.state.remove();
    await this.guardian.close();
  }
}
