import { createServer as createHttp1, type IncomingMessage, type Server as Http1Server } from 'node:http';
import {
  createServer as createHttp2,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Leaf } from './authority.js';

/** A request as it arrived behind a point. */
export interface Received {
  /** The service it arrived at. */
  readonly service: string;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  /** Every header line, names in lower case; not the pseudo-headers. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

interface UpstreamOptions {
  readonly service: string;
  readonly address: string;
  readonly port: number;
  /** Over mTLS and HTTP/2, as a sidecar serves; otherwise in clear text, as an application does. */
  readonly tls?: { readonly leaf: Leaf; readonly ca: string };
  /** In clear text: HTTP/2 with prior knowledge. */
  readonly http2?: boolean;
  readonly onRequest: (received: Received) => void;
}

/** What stands behind a point: it answers 200 to everything and tells what arrived. */
export class Upstream {
  readonly #sockets = new Set<Socket>();

  private constructor(readonly server: Http1Server | Http2Server | Http2SecureServer) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** How many connections a point has open to it. */
  get connections(): number {
    return this.#sockets.size;
  }

  static async start(options: UpstreamOptions): Promise<Upstream> {
    const { tls, http2, address, port } = options;
    const server = tls
      ? createSecureServer({
          // As a sidecar of Istio does: whichever the caller chooses.
          allowHTTP1: true,
          cert: tls.leaf.certificate,
          key: tls.leaf.key,
          ca: tls.ca,
          requestCert: true,
          rejectUnauthorized: true,
          minVersion: 'TLSv1.3',
        })
      : http2
        ? createHttp2()
        : createHttp1();
    // Idle connections are the point's to close.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = 0;
    const upstream = new Upstream(server);
    server.on('request', (request: IncomingMessage | Http2ServerRequest, response) => {
      options.onRequest(received(options.service, request));
      request.resume();
      request.once('end', () => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.end('served\n');
      });
    });
    // A point that ends takes its connections with it.
    for (const event of ['error', 'sessionError', 'clientError', 'tlsClientError'])
      server.on(event, () => {});
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(port, address, () => done());
    });
    return upstream;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}

function received(service: string, request: IncomingMessage | Http2ServerRequest): Received {
  const raw = request.rawHeaders;
  const lines = raw.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ''] as const] : [],
  );
  const pseudo = (name: string) => lines.find(([known]) => known === name)?.[1];
  return {
    service,
    method: request.method ?? '',
    authority: pseudo(':authority') ?? pseudo('host') ?? '',
    path: request.url ?? '',
    headers: lines.filter(([name]) => !name.startsWith(':')),
  };
}
