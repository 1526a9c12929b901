import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { API } from '../model.js';
import type { Probe } from '../probe.js';
import { targetOf } from '../request.js';
import type { World } from '../world.js';

/** Handshakes with the point's listener. */
export function tlsProbes(kind: World['kind']): Probe[] {
  const client = kind === 'gateway' ? 'none' : 'gateway';
  const shake = (name: string, options: ConnectionOptions, as = client) =>
    handshake(`tls: ${name}`, async (world) => ({ ...(await usual(world, as)), ...options }));
  return [
    shake('both protocols', { ALPNProtocols: ['http/1.1', 'h2'] }),
    shake('HTTP/1.1 alone', { ALPNProtocols: ['http/1.1'] }),
    shake('HTTP/2 alone', { ALPNProtocols: ['h2'] }),
    shake('another protocol', { ALPNProtocols: ['h3'] }),
    shake('no protocol', { ALPNProtocols: [] }),
    shake('1.2', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
    shake('hybrid', { ecdhCurve: 'X25519MLKEM768' }),
    shake('classic', { ecdhCurve: 'X25519' }),
    shake('either', { ecdhCurve: 'X25519:X25519MLKEM768' }),
    shake('another curve', { ecdhCurve: 'P-256' }),
    shake('no certificate', {}, 'none'),
    shake('of a service', {}, 'ledger'),
    handshake('tls: of another domain with the same name', async (world) => {
      const leaf = await world.stranger.workload(world.spiffeId('gateway'));
      return { ...(await usual(world, 'none')), cert: leaf.certificate, key: leaf.key };
    }),
    handshake('tls: of another domain', async (world) => {
      const leaf = await world.stranger.workload('spiffe://foreign.example/ns/default/sa/gateway');
      return { ...(await usual(world, 'none')), cert: leaf.certificate, key: leaf.key };
    }),
    handshake('tls: that has ended', async (world) => {
      const leaf = await world.expired('gateway');
      return { ...(await usual(world, 'none')), cert: leaf.certificate, key: leaf.key };
    }),
    handshake('tls: of a server', async (world) => {
      const leaf = await world.authority.edge([API]);
      return { ...(await usual(world, 'none')), cert: leaf.certificate, key: leaf.key };
    }),
    {
      name: 'tls: resumption',
      speed: 'fast',
      observe: async ({ world }) => {
        const options = await usual(world, client);
        const first = await shakeHands(options, 60);
        if (!first.session) return 'no ticket';
        return { resumed: (await shakeHands({ ...options, session: first.session }, 0)).resumed };
      },
    },
  ];
}

export function handshake(name: string, options: (world: World) => Promise<ConnectionOptions>): Probe {
  return {
    name,
    speed: 'fast',
    observe: async ({ world }) => {
      const { session: _session, certificate, ...seen } = await shakeHands(await options(world), 0);
      return { ...seen, ...(certificate !== undefined && { certificate: world.spoken(certificate) }) };
    },
  };
}

export async function usual(world: World, as: string): Promise<ConnectionOptions> {
  const { address, port, tls = {} } = await targetOf(world, as);
  return {
    host: address,
    port,
    ca: tls.ca,
    servername: tls.servername,
    cert: tls.certificate,
    key: tls.key,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  };
}

interface Handshake {
  readonly error?: string;
  readonly version?: string | null;
  readonly protocol?: string | false | null;
  readonly group?: string;
  /** Whether the server took what the client showed: in TLS 1.3 it says so only afterwards. */
  readonly taken?: boolean;
  readonly certificate?: string;
  readonly verified?: boolean;
  readonly resumed?: boolean;
  readonly session?: Buffer;
}

/** Milliseconds in which a server that does not want a client hangs up. */
const SECOND_THOUGHT = 400;

export function shakeHands(options: ConnectionOptions, patience: number): Promise<Handshake> {
  return new Promise((done) => {
    let session: Buffer | undefined;
    const socket: TLSSocket = connect(options);
    socket.on('session', (ticket: Buffer) => {
      session = ticket;
    });
    socket.once('error', (error: NodeJS.ErrnoException) => done({ error: error.code ?? error.message }));
    socket.once('secureConnect', () => {
      const key: { name?: string } = socket.getEphemeralKeyInfo() as { name?: string };
      const seen = {
        version: socket.getProtocol(),
        protocol: socket.alpnProtocol,
        ...(key.name !== undefined && { group: key.name }),
        certificate: `${socket.getPeerCertificate().subjectaltname} ${socket.getPeerCertificate().fingerprint256}`,
        verified: socket.authorized,
        resumed: socket.isSessionReused(),
      };
      void answered(socket).then(async (taken) => {
        await sleep(patience);
        socket.destroy();
        done({ ...seen, taken, ...(session && { session }) });
      });
    });
  });
}

/** A server that took the client answers the beginning of HTTP/2, or of nonsense, with some bytes. */
function answered(socket: TLSSocket): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(true), SECOND_THOUGHT);
    const end = (taken: boolean) => () => {
      clearTimeout(timer);
      done(taken);
    };
    socket.removeAllListeners('error');
    socket.once('data', end(true));
    socket.once('error', end(false));
    socket.once('close', end(false));
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
  });
}
