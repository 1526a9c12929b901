import { createServer, type Server } from 'node:https';
import type { Plan } from '../../../lib/plan/plan.js';
import type { Leaf } from './authority.js';
import type { TestIssuer } from './issuer.js';

/** The issuers' keys over TLS, each under its own host name. */
export class KeyServer {
  private constructor(
    private readonly server: Server,
    /** How often each name of an issuer was asked for its keys. */
    readonly asked: ReadonlyMap<string, number>,
  ) {}

  static async start(
    place: { readonly address: string; readonly port: number },
    leaf: Leaf,
    plan: Plan,
    issuers: readonly TestIssuer[],
  ): Promise<KeyServer> {
    const asked = new Map<string, number>();
    const server = createServer({ cert: leaf.certificate, key: leaf.key }, (request, response) => {
      const uri = `https://${request.headers.host}${request.url}`;
      const issuer = issuers.find(({ name }) => sameUrl(plan.issuers[name]?.jwksUri, uri));
      if (issuer) asked.set(issuer.name, (asked.get(issuer.name) ?? 0) + 1);
      response.writeHead(issuer ? 200 : 404, { 'content-type': 'application/json' });
      response.end(issuer && JSON.stringify(issuer.jwks()));
    });
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(place.port, place.address, () => done());
    });
    return new KeyServer(server, asked);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}

function sameUrl(a: string | undefined, b: string): boolean {
  return a !== undefined && new URL(a).href === new URL(b).href;
}
