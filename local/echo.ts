import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** The application that stands in for a service without a `run` of its own. */
export interface Echo {
  readonly port: number;
  close(): Promise<void>;
}

/** What an echo answers, as JSON. */
export interface EchoReply {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** Every header line in its order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The SPIFFE ID of whoever called the sidecar, as the sidecar passes it on. */
  readonly peer?: string;
  readonly bodyBytes: number;
}

/** Names the echo in every answer, so that a refusal by a point is never taken for one of it. */
const ECHO_HEADER = 'x-ztp-echo';

/** An HTTP/1.1 server on a loopback address that says what reached it. */
export async function startHttpEcho(service: string, address: string, port: number): Promise<Echo> {
  const server = createHttpServer({ maxHeaderSize: 65_536, requestTimeout: 0, headersTimeout: 0 });
  // The sidecar keeps connections; one that this end closed first would be a failed request.
  server.keepAliveTimeout = 0;
  server.on('request', (request, response) => answer(service, request, response));
  await listen(server, address, port);
  return {
    port,
    close: () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      return closed;
    },
  };
}

/**
 * A gRPC server (HTTP/2 in clear text) with every method: it sends each message back as it arrives
 * and ends with status 0. What reached it is in the initial metadata.
 */
export async function startGrpcEcho(service: string, address: string, port: number): Promise<Echo> {
  const server = createHttp2Server();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => answerCall(service, stream, headers));
  await listen(server, address, port);
  return {
    port,
    close: () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const session of sessions) session.destroy();
      return closed;
    },
  };
}

/** A server of connections that greets with its name, as databases do, and then sends every byte back. */
export async function startTcpEcho(service: string, address: string, port: number): Promise<Echo> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.write(`${tcpGreeting(service)}\n`);
    socket.pipe(socket);
  });
  await listen(server, address, port);
  return {
    port,
    close: () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

/** The first line that the echo of a TCP service sends. */
export function tcpGreeting(service: string): string {
  return `ztp-echo ${service}`;
}

function answer(service: string, request: IncomingMessage, response: ServerResponse): void {
  let bodyBytes = 0;
  request.on('data', (chunk: Buffer) => {
    bodyBytes += chunk.length;
  });
  request.on('error', () => {});
  request.on('end', () => {
    const { method = '', url = '', rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ''] as const] : [],
    );
    const peer = peerOf(request.headers['x-forwarded-client-cert']);
    const reply: EchoReply = { service, method, path: url, headers, ...(peer && { peer }), bodyBytes };
    response.writeHead(200, { 'content-type': 'application/json', [ECHO_HEADER]: service });
    response.end(`${JSON.stringify(reply)}\n`);
  });
}

function answerCall(service: string, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.on('error', () => {});
  const peer = peerOf(headers['x-forwarded-client-cert']);
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      [ECHO_HEADER]: service,
      'x-ztp-path': String(headers[':path']),
      ...(peer && { 'x-ztp-peer': peer }),
    },
    { waitForTrailers: true },
  );
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.pipe(stream);
}

/** `URI=` of the only element: the sidecar writes the header anew for every request. */
function peerOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? /(?:^|;)URI=([^;,]*)/.exec(header)?.[1] : undefined;
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, address, () => {
      server.off('error', fail);
      done();
    });
  });
}
