import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** Where a client connects, and as whom. */
export interface Target {
  readonly address: string;
  readonly port: number;
  /** The address to connect from. @default the system's choice */
  readonly localAddress?: string;
  /** Where the connection goes on to in a CONNECT over HTTP/2, as meshes tunnel it. @default it ends there */
  readonly tunnel?: { readonly to: string; readonly headers?: Readonly<Record<string, string>> };
  /** Absent for plain TCP. */
  readonly tls?: {
    /** PEM of who may be at the other end; absent to take anybody. */
    readonly ca?: string;
    readonly servername?: string;
    /** PEM chain and key of the client; absent to show none. */
    readonly certificate?: string;
    readonly key?: string;
  };
}

/** Open a socket, with the handshake done. Rejects with what the other end made of it. */
export function connect(target: Target, alpn: 'http/1.1' | 'h2'): Promise<Socket> {
  const { tunnel, ...outer } = target;
  return tunnel ? connect(outer, 'h2').then((socket) => tunnelThrough(socket, tunnel)) : open(outer, alpn);
}

/** What comes out of the tunnel reads and writes like a socket. Rejects if the other end opens none. */
function tunnelThrough(socket: Socket, { to, headers }: Target['tunnel'] & object): Promise<Socket> {
  const session = connectHttp2('http://tunnel.invalid', { createConnection: () => socket });
  return new Promise((done, fail) => {
    session.on('error', fail);
    const stream = session.request({ ...headers, ':method': 'CONNECT', ':authority': to });
    stream.once('error', fail);
    stream.once('close', () => session.destroy());
    stream.once('response', ({ ':status': status }) => {
      stream.off('error', fail);
      if (status === 200) done(stream as unknown as Socket);
      else fail(new Error(`no tunnel to ${to}: ${status}`));
    });
  });
}

function open(target: Omit<Target, 'tunnel'>, alpn: 'http/1.1' | 'h2'): Promise<Socket> {
  return new Promise((done, fail) => {
    const { address: host, port, localAddress, tls } = target;
    const secure: ConnectionOptions & { localAddress: string | undefined } = {
      host,
      port,
      localAddress,
      ALPNProtocols: [alpn],
      minVersion: 'TLSv1.3',
      // A workload's certificate has no host name; the tests of a server's name look at it themselves.
      checkServerIdentity: () => undefined,
      rejectUnauthorized: tls?.ca !== undefined,
      ...(tls?.ca !== undefined && { ca: tls.ca }),
      ...(tls?.servername !== undefined && { servername: tls.servername }),
      ...(tls?.certificate !== undefined && { cert: tls.certificate, key: tls.key }),
    };
    const socket = tls ? connectTls(secure) : connectTcp({ host, port, localAddress });
    socket.setNoDelay(true);
    socket.once('error', fail);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail);
      done(socket);
    });
  });
}
