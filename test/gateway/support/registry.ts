import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json' });
/** Of what it serves. */
export const DIGEST = digestOf(MANIFEST);

function digestOf(manifest: string): string {
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
}

/** A registry on loopback that wants a token, as public ones do. */
export class Registry {
  readonly asked: string[] = [];
  digest = DIGEST;
  status = 200;
  realm = true;
  #manifest = MANIFEST;
  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      if (request.url?.startsWith('/token')) {
        response.end(JSON.stringify({ token: 'pull-token' }));
      } else if (request.headers.authorization !== 'Bearer pull-token') {
        const realm = `Bearer realm="${this.url}/token",service="registry",scope="repository:envoyproxy/envoy:pull"`;
        response.writeHead(401, { 'www-authenticate': this.realm ? realm : 'Basic realm="x"' }).end();
      } else {
        response.writeHead(this.status, { 'docker-content-digest': this.digest }).end(this.#manifest);
      }
    });
  }
  static async start(): Promise<Registry> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Registry(server);
  }
  /** Another image under every tag. */
  serve(manifest: string): void {
    this.#manifest = manifest;
    this.digest = digestOf(manifest);
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
