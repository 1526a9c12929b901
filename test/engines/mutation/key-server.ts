import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Leaf } from '../support/authority.js';
import type { TestIssuer } from '../support/issuer.js';

/** Serves one issuer's keys over TLS, and can be told not to. */
export class KeyServer {
  /** The server names and paths of each time that the keys were asked for. */
  readonly asked: string[] = [];
  /** What it publishes. @default the issuer's keys */
  document: string | undefined;
  /** Whether it answers with an error. */
  broken = false;

  private constructor(
    readonly server: Server,
    readonly issuer: TestIssuer,
  ) {}

  static async start(issuer: TestIssuer, leaf: Leaf, address: string, port: number): Promise<KeyServer> {
    const keyServer: KeyServer = new KeyServer(
      createServer({ cert: leaf.certificate, key: leaf.key }, (request, response) => {
        keyServer.asked.push(
          `${(request.socket as TLSSocket & { servername?: string }).servername} ${request.url}`,
        );
        const isRight = request.url === '/keys' && request.headers.host === new URL(issuer.issuer).host;
        response.writeHead(keyServer.broken ? 503 : isRight ? 200 : 404, {
          'content-type': 'application/json',
        });
        response.end(keyServer.document ?? JSON.stringify(issuer.jwks()));
      }),
      issuer,
    );
    const { server } = keyServer;
    for (const event of ['clientError', 'tlsClientError']) server.on(event, () => {});
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(port, address, () => done());
    });
    return keyServer;
  }

  /** As at first: sound, and asked by nobody. */
  reset(): void {
    this.asked.length = 0;
    this.document = undefined;
    this.broken = false;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}
