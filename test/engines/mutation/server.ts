import { createServer as createHttp1, type IncomingMessage } from 'node:http';
import { createServer as createHttp2, createSecureServer, type Http2ServerRequest } from 'node:http2';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Leaf } from '../support/authority.js';

/** What a server behind a point is asked to do by the request header of that name; else it tells what arrived. */
export const BEHAVIOUR = 'x-behave';

export interface ServerOptions {
  readonly address: string;
  readonly port: number;
  /** Over mTLS and HTTP/2, as a sidecar serves; otherwise in clear text, as an application does. */
  readonly tls?: {
    readonly leaf: Leaf;
    readonly ca: string;
    readonly ecdhCurve?: string;
    readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  };
  /** In clear text: HTTP/2 with prior knowledge. */
  readonly http2?: boolean;
  /** Takes connections and never says a word. */
  readonly silent?: boolean;
}

/** A connection that a server has taken. */
export interface Taken {
  readonly socket: Socket;
  closed: boolean;
}

type Request = IncomingMessage | Http2ServerRequest;
/** What the answers of both protocols have in common. */
interface Response {
  readonly headersSent: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  write(text: string): boolean;
  end(content?: string | Buffer): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** What stands behind a point: it tells in its answer exactly what arrived. */
export class EchoServer {
  readonly taken: Taken[] = [];
  private constructor(readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      const taken: Taken = { socket, closed: false };
      this.taken.push(taken);
      socket.on('close', () => {
        taken.closed = true;
      });
      socket.on('error', () => {});
    });
  }

  static async start(options: ServerOptions): Promise<EchoServer> {
    const server = make(options);
    const echo = new EchoServer(server);
    for (const event of ['sessionError', 'clientError', 'tlsClientError']) server.on(event, () => {});
    server.on('request', (request: Request, response: Response) => echo.#answer(request, response));
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(options.port, options.address, () => done());
    });
    server.on('error', () => {});
    return echo;
  }

  async close(): Promise<void> {
    for (const { socket } of this.taken) socket.destroy();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  /** Forget the connections of an Envoy that is gone. */
  forget(): void {
    for (const { socket } of this.taken) socket.destroy();
    this.taken.length = 0;
  }

  #answer(request: Request, response: Response): void {
    request.on('error', () => {});
    response.on('error', () => {});
    let bytes = 0;
    const serve = behaviours[String(request.headers[BEHAVIOUR] ?? '')];
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => (serve ? serve(response) : tell(request, response, bytes)));
    if (request.headers[BEHAVIOUR] === 'drip') behaviours['drip']!(response);
  }
}

function make({ tls, http2, silent }: ServerOptions): Server {
  if (silent) return createTcp();
  if (!tls) return http2 ? createHttp2() : createHttp1();
  return createSecureServer({
    cert: tls.leaf.certificate,
    key: tls.leaf.key,
    ca: tls.ca,
    requestCert: true,
    rejectUnauthorized: false,
    ...(tls.ecdhCurve !== undefined && { ecdhCurve: tls.ecdhCurve }),
    minVersion: 'TLSv1.2',
    maxVersion: tls.maxVersion ?? 'TLSv1.3',
  });
}

/** Bytes of a large answer: more than Envoy's default buffer of a connection is filled with at once. */
const LARGE = 900_000;
/** Milliseconds between two bytes of an answer that has no end. */
const DRIP = 100;

const behaviours: Readonly<Record<string, (response: Response) => void>> = {
  hang: () => {},
  large: (response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(Buffer.alloc(LARGE));
  },
  fail: (response) => {
    response.writeHead(500, { 'content-type': 'text/plain', server: 'application' });
    response.end('the application failed\n');
  },
  drip: (response) => {
    if (response.headersSent) return;
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write('.'), DRIP);
    response.write('.');
    response.on('close', () => clearInterval(timer));
  },
};

function tell(request: Request, response: Response, bytes: number): void {
  const raw = request.rawHeaders;
  const headers = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? '']] : []));
  const certificate = 'getPeerCertificate' in request.socket ? peerName(request.socket) : undefined;
  response.writeHead(200, { 'content-type': 'application/json', server: 'application' });
  response.end(
    JSON.stringify({
      method: request.method,
      path: request.url,
      headers,
      bytes,
      ...(certificate && { certificate }),
    }),
  );
}

function peerName(socket: object): string | undefined {
  const peer = (socket as Pick<TLSSocket, 'getPeerCertificate'>).getPeerCertificate();
  return peer.fingerprint256 && `${peer.subjectaltname} ${peer.fingerprint256}`;
}
