import { connect as connectHttp2 } from 'node:http2';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';

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
  /** The connection was refused before any request was read. */
  | { readonly kind: 'refused'; readonly why: string };

/** Milliseconds for an answer. */
const PATIENCE = 10_000;

/** Send one request over a connection of its own. */
export function send(call: Call): Promise<Answer> {
  return (call.grpc ? sendGrpc(call) : sendHttp(call)).catch((error: Error & { code?: string }) => ({
    kind: 'refused',
    why: error.code ?? error.message,
  }));
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
