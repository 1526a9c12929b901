import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import {
  generatePrivateKey,
  issueIssuing,
  issueRoot,
  memorySigner,
  type SigningAuthority,
} from '../../lib/authority/index.js';
import { certificateProfiles } from '../../lib/plan/certificates.js';

export const LEAF_LIFETIME = 600;
export const profiles = certificateProfiles(LEAF_LIFETIME);
/** A whole second, so that times in certificates can be told exactly. */
export const now = new Date(Math.floor(Date.now() / 1000) * 1000);

export interface TestAuthority {
  readonly root: SigningAuthority;
  readonly issuing: SigningAuthority;
}

/** A root and an issuing certificate below it, made at some instant. */
export async function testAuthority(at: Date = now): Promise<TestAuthority> {
  const signer = memorySigner(generatePrivateKey());
  const root = { signer, certificate: (await issueRoot(profiles, { signer, name: 'test', now: at })).pem };
  const issuing = memorySigner(generatePrivateKey());
  const { pem } = await issueIssuing(profiles, root, { issuing, name: 'test', now: at });
  return { root, issuing: { signer: issuing, certificate: pem } };
}

/**
 * Whether both sides of a real TLS 1.3 connection accept the chain: the server asks for a client
 * certificate, and both verify with this root alone.
 */
export async function handshake(root: string, chain: string, key: string, host?: string): Promise<string> {
  const credentials = { cert: chain, key, ca: root, minVersion: 'TLSv1.3' } as const;
  const server = createServer({ ...credentials, requestCert: true, rejectUnauthorized: true }, (socket) => {
    socket.end('accepted');
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const named = host === undefined ? { checkServerIdentity: () => undefined } : { servername: host };
  const socket = connect({ host: '127.0.0.1', port, ...credentials, ...named });
  try {
    return await outcome(socket);
  } finally {
    socket.destroy();
    server.close();
  }
}

function outcome(socket: TLSSocket): Promise<string> {
  return new Promise((done) => {
    let text = '';
    socket.on('data', (data: Buffer) => {
      text += data.toString();
    });
    socket.once('end', () => done(text));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}
