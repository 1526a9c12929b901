import { connect as connectHttp2 } from 'node:http2';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect as connectTcp, isIP } from 'node:net';
import { CONNECTION } from 'zero-trust-platform';

/** What a connection shows of itself, as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface Call {
  /** `https://address:port` of a gateway or a sidecar. */
  readonly url: string;
  /** PEM of who may be at the other end; absent to take anybody. */
  readonly ca?: string;
  readonly identity?: Identity;
  readonly authority: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly grpc: boolean;
  /** Speak without TLS to a port that wants it. */
  readonly plain?: boolean;
}

/** What came back. */
export type Answer =
  | { readonly kind: 'status'; readonly status: number; readonly grpcStatus?: number }
  /** Of a connection to a TCP service: whether the server's first bytes came. */
  | { readonly kind: 'connection'; readonly isOpen: boolean }
  /** The connection was refused before any request was read. */
  | { readonly kind: 'refused'; readonly why: string };

/** Milliseconds for an answer. */
const PATIENCE = 10_000;

/** Send one request over a connection of its own. */
export function send(call: Call): Promise<Answer> {
  return sender(call)(call).catch((error: Error & { code?: string }) => ({
    kind: 'refused',
    why: error.code ?? error.message,
  }));
}

function sender({ method, grpc, url, plain }: Call): (call: Call) => Promise<Answer> {
  if (method !== CONNECTION) return grpc ? sendGrpc : sendHttp;
  return plain && url.startsWith('tcp:') ? connectPlain : connectThrough;
}

/** Connect to the caller's own sidecar, as an application does. */
function connectPlain({ url }: Call): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((done, fail) => {
    const socket = connectTcp({ host: hostname, port: Number(port), timeout: PATIENCE });
    socket.once('data', () => {
      done({ kind: 'connection', isOpen: true });
      socket.destroy();
    });
    socket.once('close', () => done({ kind: 'connection', isOpen: false }));
    socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
    socket.once('error', fail);
  });
}

/** Connect to the sidecar of the service, as the caller's sidecar does: in a stream over mTLS. */
function connectThrough(call: Call): Promise<Answer> {
  return new Promise((done, fail) => {
    const session = connectHttp2(call.url, tlsOptions(call));
    session.on('error', fail);
    session.setTimeout(PATIENCE, () => session.destroy(new Error('no answer in time')));
    const stream = session.request({
      ':method': 'CONNECT',
      ':authority': call.authority,
      ...call.headers,
    });
    let status: number | undefined;
    let isOpen = false;
    stream.on('response', (headers) => {
      status = headers[':status'];
    });
    // What comes with a refusal is the sidecar's.
    stream.on('data', () => {
      isOpen = status === 200;
      stream.close();
    });
    stream.on('error', fail);
    stream.on('close', () => {
      session.close();
      if (status === undefined) fail(new Error('closed without an answer'));
      else done({ kind: 'connection', isOpen });
    });
  });
}

function tlsOptions({ ca, identity, authority }: Call) {
  return {
    // Of an address there is no name to send (RFC 6066).
    ...(isIP(authority) === 0 && { servername: authority }),
    // A sidecar's certificate names a SPIFFE ID and no host.
    ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
    ...(identity && { cert: identity.certificate, key: identity.key }),
  };
}

function sendHttp(call: Call): Promise<Answer> {
  const { hostname, port } = new URL(call.url);
  return new Promise((done, fail) => {
    const options = {
      hostname,
      port,
      method: call.method,
      path: call.path,
      headers: { ...call.headers, host: call.authority },
      timeout: PATIENCE,
      agent: false as const,
    };
    const request = call.plain ? requestHttp(options) : requestHttps({ ...options, ...tlsOptions(call) });
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => done({ kind: 'status', status: response.statusCode ?? 0 }));
      response.on('error', fail);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', fail);
    request.end();
  });
}

/** A unary call with an empty message. */
function sendGrpc(call: Call): Promise<Answer> {
  return new Promise((done, fail) => {
    const session = connectHttp2(call.url, tlsOptions(call));
    session.on('error', fail);
    session.setTimeout(PATIENCE, () => session.destroy(new Error('no answer in time')));
    const stream = session.request({
      ':method': call.method,
      ':path': call.path,
      ':authority': call.authority,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...call.headers,
    });
    let status = 0;
    let grpcStatus: number | undefined;
    const take = (headers: Readonly<Record<string, unknown>>) => {
      if (headers[':status'] !== undefined) status = Number(headers[':status']);
      if (headers['grpc-status'] !== undefined) grpcStatus = Number(headers['grpc-status']);
    };
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('error', fail);
    stream.resume();
    stream.on('close', () => {
      session.close();
      done({ kind: 'status', status, ...(grpcStatus !== undefined && { grpcStatus }) });
    });
    stream.end(Buffer.alloc(5));
  });
}
