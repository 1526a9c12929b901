import { type FSWatcher, readFileSync, watch } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { codedError } from '../../lib/coded-error.js';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { failure } from '../control.js';
import type { Emit } from '../part.js';
import type { ListenerConfig } from './config.js';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Milliseconds after which a renewed certificate is complete on disk. */
const SETTLE = 50;

/** The TLS listener of one issuer; what it answers can be changed while it listens. */
export class IssuerServer {
  readonly #server: Server;
  readonly #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    readonly listener: ListenerConfig,
    public handler: Handler,
    readonly emit: Emit,
  ) {
    // Any certificate may be shown, to bind a token to it; none is believed.
    const tls = { ...credentials(listener), requestCert: true, rejectUnauthorized: false };
    this.#server = createServer(tls, (request, response) => {
      this.handler(request, response).catch((error: unknown) => this.#fail(response, error));
    });
    this.#watcher = listener.watchedDirectory
      ? watch(listener.watchedDirectory, () => this.#renew())
      : undefined;
  }

  static async listen(listener: ListenerConfig, handler: Handler, emit: Emit): Promise<IssuerServer> {
    const server = new IssuerServer(listener, handler, emit);
    try {
      await new Promise<void>((done, fail) => {
        server.#server.once('error', fail);
        server.#server.listen(listener.port, listener.address, done);
      });
    } catch (error) {
      await server.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      throw codedError('port-in-use', '', 'the port of an issuer is not free', {
        found: `${listener.address}:${listener.port}`,
        remedy: 'end what uses it',
      });
    }
    return server;
  }

  /** Where it listens: `https://127.64.1.2:8443`. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `https://${address}:${port}`;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #renew(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      try {
        this.#server.setSecureContext(credentials(this.listener));
      } catch (error) {
        this.emit('certificate-rejected', failure(error));
      }
    }, SETTLE);
  }

  #fail(response: ServerResponse, error: unknown): void {
    this.emit('request-failed', failure(error));
    if (!response.headersSent) response.writeHead(500).end();
    else response.destroy();
  }
}

function credentials({ certificate, key }: ListenerConfig): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(certificate), key: readFileSync(key) };
  } catch (error) {
    throw new ZeroTrustError('certificate-not-readable', (error as Error).message);
  }
}
