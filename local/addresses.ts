import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { codedError } from '../lib/coded-error.js';

/**
 * The port on which this process holds an address of its own. While it listens there, no other
 * platform on this machine takes the same address, and the kernel gives it up with the process.
 */
const CLAIM_PORT = 15009;
/** Addresses tried before giving up; two in a row are taken only if thousands of platforms run. */
const MAX_ATTEMPTS = 64;
/** What a system without the whole of 127.0.0.0/8 (macOS) has. */
const SHARED = '127.0.0.1';

/**
 * Loopback addresses and ports: an address for each key, derived from its name, so that the next run
 * of the same platform finds the same ones. Nothing but 127.0.0.0/8 is ever handed out.
 */
export class Addresses {
  readonly #claims = new Map<string, { address: string; claim?: Server }>();
  readonly #ports = new Set<string>();

  constructor(
    /** Tells platforms apart: the environment and the trust domain. */
    readonly seed: string,
  ) {}

  /** The address of a key, the same for as long as it is not released. */
  async address(key: string): Promise<string> {
    const held = this.#claims.get(key);
    if (held) return held.address;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const address = candidateAddress(this.seed, key, attempt);
      const claim = await listen(address, CLAIM_PORT);
      if (claim === 'not-available') {
        this.#claims.set(key, { address: SHARED });
        return SHARED;
      }
      if (claim === 'in-use') continue;
      this.#claims.set(key, { address, claim });
      return address;
    }
    throw codedError('no-address', key, 'there is no free loopback address', {
      remedy: 'end other platforms of this machine',
    });
  }

  /** A port of the address on which nothing listens: the wanted one, or the next that is free. */
  async port(address: string, wanted: number): Promise<number> {
    for (let port = wanted; port < Math.min(wanted + 1000, 65_536); port += 1) {
      const name = `${address}:${port}`;
      if (this.#ports.has(name)) continue;
      const probe = await listen(address, port);
      if (typeof probe === 'string') continue;
      await close(probe);
      this.#ports.add(name);
      return port;
    }
    throw codedError('no-port', '', 'there is no free port', {
      found: `${address}, from ${wanted} on`,
      remedy: 'end what listens there',
    });
  }

  /** Every key that holds an address. */
  keys(): string[] {
    return [...this.#claims.keys()];
  }

  /** Give back what a key holds. */
  async release(key: string): Promise<void> {
    const held = this.#claims.get(key);
    this.#claims.delete(key);
    // A shared address keeps its ports: they may be another key's.
    if (!held?.claim) return;
    for (const name of this.#ports) if (name.startsWith(`${held.address}:`)) this.#ports.delete(name);
    await close(held.claim);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#claims.keys()].map((key) => this.release(key)));
  }
}

/**
 * 127.64.0.1 to 127.127.255.254: away from the addresses that systems use themselves (127.0.0.1,
 * 127.0.0.53 of systemd-resolved, 127.0.1.1 of Debian).
 */
export function candidateAddress(seed: string, key: string, attempt: number): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(`${seed}\n${key}\n${attempt}`).digest();
  return `127.${64 + (a % 64)}.${b}.${1 + (c % 254)}`;
}

function listen(address: string, port: number): Promise<Server | 'in-use' | 'not-available'> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') done('in-use');
      else if (error.code === 'EADDRNOTAVAIL') done('not-available');
      else fail(error);
    });
    server.listen({ host: address, port, exclusive: true }, () => done(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
