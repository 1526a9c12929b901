import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { RequestListener } from 'node:http';
import { fetchText, type FetchText } from '../../../lambda/authorizer/fetch-text.js';
import { resolve } from '../../../lib/index.js';
import { TestAuthority } from '../../engines/support/authority.js';
import type { TestIssuer } from '../../engines/support/issuer.js';
import { shop } from '../../model/shop.js';

/** An issuer's key endpoint on loopback, over TLS, which a test can make slow, wrong or dead. */
export class KeyServer {
  answers: RequestListener;
  requests = 0;

  private constructor(
    private readonly server: Server,
    readonly ca: string,
    issuer: TestIssuer,
  ) {
    this.answers = KeyServer.of(issuer);
  }

  static async start(issuer: TestIssuer): Promise<KeyServer> {
    const authority = await TestAuthority.create(resolve(shop()).certificates, 'key-server.test');
    const leaf = await authority.edge(['localhost']);
    const server = createServer({ cert: leaf.certificate, key: leaf.key });
    const made = new KeyServer(server, authority.root, issuer);
    server.on('request', (request, response) => {
      made.requests += 1;
      made.answers(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
    return made;
  }

  /** Publish what an issuer has now. */
  static of(issuer: TestIssuer): RequestListener {
    return (_, response) => response.end(JSON.stringify(issuer.jwks()));
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}/jwks`;
  }

  /** The real client, with this server's authority, sent here whatever it asks for. */
  readonly fetch: FetchText = (_, options) => fetchText(this.url, { ...options, ca: this.ca });

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}
