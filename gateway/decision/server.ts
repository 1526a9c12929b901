import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createTls, type Server as TlsServer, type ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { DecisionSettings, MutualTls } from './settings.js';

/** Milliseconds between two looks at the leaf, which lives for hours. */
const RENEWAL = 60_000;
/** Milliseconds after which a connection ends, so that an identity that was withdrawn is gone. */
const LONGEST_CONNECTION = 5 * 60_000;

/** How an HTTP server is made that an Envoy asks. */
export const FOR_ENVOY = {
  /** Bytes of all headers: what that Envoy has taken (`max_request_headers_kb`), and its own lines. */
  maxHeaderSize: 64 * 1024,
  /** None: a question that crosses with the end of an idle connection is lost, and its request refused. */
  keepAliveTimeout: 0,
} as const;

/** Listen for those who may ask. Throws if the leaf or the authorities cannot be read. */
export function listen({ address, port, mutualTls }: DecisionSettings, service: RequestListener): Server {
  const server = mutualTls ? tlsServer(mutualTls, service) : createPlain(FOR_ENVOY, service);
  return server.listen(port, address);
}

function tlsServer(settings: MutualTls, service: RequestListener): TlsServer {
  const server = createTls({ ...secureContext(settings), ...FOR_ENVOY }, service);
  const allowed = new Set(settings.peers.map((id) => `URI:${id}`));
  server.on('secureConnection', (socket: TLSSocket) => {
    // Exactly one name: a certificate with several could be for anybody of them.
    if (!allowed.has(socket.getPeerX509Certificate()?.subjectAltName ?? '')) return socket.destroy();
    const timer = setTimeout(() => socket.destroySoon(), LONGEST_CONNECTION).unref();
    return socket.once('close', () => clearTimeout(timer));
  });
  const renewal = setInterval(() => renew(server, settings), RENEWAL).unref();
  return server.once('close', () => clearInterval(renewal));
}

function secureContext({ leaf, authorities }: MutualTls): ServerOptions {
  return {
    cert: readFileSync(leaf.certificate),
    key: readFileSync(leaf.key),
    ca: readFileSync(authorities),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    // A resumed session would outlive the certificate that opened it.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Take what an agent has renewed; what cannot be read now leaves the leaf that is in force. */
function renew(server: TlsServer, settings: MutualTls): void {
  try {
    server.setSecureContext(secureContext(settings));
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    process.stdout.write(`${JSON.stringify({ level: 'warn', message: 'renewal failed', reason })}\n`);
  }
}
