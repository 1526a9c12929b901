import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { Addresses } from '../../../local/addresses.js';
import type { StandIn } from '../../../local/overlay.js';
import { TestAuthority } from '../support/authority.js';

/** What arrived at a host outside. */
export interface Arrived {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Hosts outside that stand on this machine, each with a server of its own and one public authority. */
export class Outside {
  /** Every request that left, in order. */
  readonly arrived: Arrived[] = [];
  /** Connections that were opened, by host. */
  readonly connections = new Map<string, number>();
  readonly standIns: Record<string, StandIn> = {};
  readonly #servers: Server[] = [];

  private constructor(
    readonly authority: TestAuthority,
    readonly folder: string,
    readonly addresses: Addresses,
  ) {}

  static async create(): Promise<Outside> {
    const folder = mkdtempSync(join(tmpdir(), 'ztp-outside-'));
    const authority = await TestAuthority.create(certificateProfiles(600), 'outside');
    return new Outside(authority, folder, new Addresses(`outside ${process.pid} ${folder}`));
  }

  /** Serve a host; `names` are those of its certificate, `by` who signed that. */
  async serve(host: string, names: readonly string[] = [host], by = this.authority): Promise<void> {
    const address = await this.addresses.address(host);
    const port = await this.addresses.port(address, 9443);
    const { certificate, key } = await by.edge(names);
    const server = createServer({ cert: certificate, key }, (request, response) => {
      const { method = '', url = '', headers } = request;
      this.arrived.push({ host, method, path: url, headers });
      request.resume();
      request.once('end', () => response.end(`${host}\n`));
    });
    server.on('connection', () => this.connections.set(host, (this.connections.get(host) ?? 0) + 1));
    server.on('tlsClientError', () => {});
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(port, address, () => done());
    });
    this.#servers.push(server);
    this.standIns[host] = { address, port, ca: this.roots() };
  }

  /** The file that verifies what stands outside. */
  roots(): string {
    const path = join(this.folder, 'roots.pem');
    writeFileSync(path, this.authority.root);
    return path;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
    await this.addresses.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
