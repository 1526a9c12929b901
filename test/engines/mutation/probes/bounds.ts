import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../support/connect.js';
import { Http1Connection } from '../../support/http1.js';
import type { Probe, Trial } from '../probe.js';
import { asking, targetOf } from '../request.js';
import { BEHAVIOUR, type Taken } from '../server.js';
import { token } from '../tokens.js';
import type { World } from '../world.js';

const AUTHORITY = 'api.proof.example';
/** What bounds a connection or a stream, in a mutant's id. */
const DURATIONS =
  /common_http_protocol_options|_duration|drain_timeout|typed_config$|stream_idle|route\.timeout|\.route$/;

/**
 * Bounds in time, by the scaled values of `scale.ts`. They see on which side of a wide gap something
 * happens, never how long it took.
 */
export function boundProbes(kind: World['kind']): Probe[] {
  const slow = (name: string, sees: RegExp, observe: Probe['observe']): Probe => ({
    name: `bound: ${name}`,
    speed: 'slow',
    sees,
    observe,
  });
  const upstream = kind === 'gateway' ? 'api' : 'shop';
  return [
    slow('a connection of HTTP/2 ends', DURATIONS, async ({ world }) => {
      const session = await openHttp2(world);
      const ended = Promise.all([within(6_000, session, 'goaway'), within(6_000, session, 'close')]);
      await get(session, AUTHORITY, '/public');
      const [goaway, close] = await ended;
      session.destroy();
      return { goaway, close };
    }),
    slow('a connection of HTTP/1.1 ends', DURATIONS, async ({ world }) => {
      const connection = await Http1Connection.open(await targetOf(world, client(kind)));
      const ended = within(6_000, connection.socket, 'close');
      await connection.send(`GET /public HTTP/1.1\r\nhost: ${AUTHORITY}\r\n\r\n`);
      const closed = await ended;
      connection.close();
      return { closed };
    }),
    slow('a body that goes on and on', DURATIONS, async ({ subject, world }) => {
      const trace = `00-${'b0d1'.padEnd(32, '0')}-00000000000000aa-01`;
      const session = await openHttp2(world);
      const stream = session.request({
        ':method': 'POST',
        ':authority': AUTHORITY,
        ':path': '/public',
        traceparent: trace,
      });
      stream.on('error', () => {});
      stream.resume();
      const timer = setInterval(() => stream.write('x'), 200);
      const ended = await within(5_500, stream, 'close');
      clearInterval(timer);
      session.destroy();
      return ended && reason(subject, trace);
    }),
    slow('a head that does not end', /request_headers_timeout|typed_config$/, async ({ world }) => {
      const connection = await Http1Connection.open(await targetOf(world, client(kind)));
      const reply = await Promise.race([
        connection.send(`GET /public HTTP/1.1\r\nhost: ${AUTHORITY}\r\nx-more:`),
        sleep(1_600, undefined),
      ]);
      connection.close();
      return reply ? { status: reply.status, end: reply.end } : 'nothing';
    }),
    slow(
      'a client that does not shake hands',
      /transport_socket_connect_timeout|filter_chains/,
      async ({ world }) => {
        const socket = connectTcp({ host: world.own('listen/address'), port: world.ownPort('listen') });
        socket.on('error', () => {});
        socket.resume();
        const closed = await within(3_000, socket, 'close');
        socket.destroy();
        return { closed };
      },
    ),
    slow(
      'an application that does not answer',
      /route\.timeout|\.route$|stream_idle_timeout/,
      async ({ subject, world }) => {
        const trace = `00-${'a0a'.padEnd(32, '0')}-00000000000000aa-01`;
        const session = await openHttp2(world);
        await get(session, AUTHORITY, '/public', { [BEHAVIOUR]: 'hang', traceparent: trace });
        session.destroy();
        return reason(subject, trace);
      },
    ),
    slow('a connection to a server ends', /HttpProtocolOptions/, async ({ world }) => {
      const name = kind === 'gateway' ? 'api' : world.service.name;
      const server = world.servers.get(name)!;
      const session = await openHttp2(world);
      await get(session, AUTHORITY, '/public');
      session.destroy();
      return areClosed([...server.taken]);
    }),
    ...(kind === 'sidecar'
      ? [
          slow('a connection to a peer ends', /HttpProtocolOptions/, async ({ world }) => {
            const server = world.servers.get(upstream)!;
            const connection = await Http1Connection.open(await targetOf(world, 'none', upstream));
            await connection.send(
              `GET / HTTP/1.1\r\nhost: ${world.own(`outbound/${upstream}/authority`)}\r\n\r\n`,
            );
            connection.close();
            return areClosed([...server.taken]);
          }),
        ]
      : []),
    {
      ...asking('bound: a server that does not shake hands', {
        path: '/',
        ...(kind === 'gateway' ? { authority: 'silent.proof.example' } : { outbound: 'silent' }),
      }),
      speed: 'slow',
      sees: /connect_timeout|clusters\[/,
    },
    slow('a key that is withdrawn', /jwt_authn|cluster/, (trial) => withdrawnKey(trial)),
  ];
}

/** Bounds of calls, which have no limit of their own as requests have. */
export function callBoundProbes(): Probe[] {
  const call = (trace: string, behaviour: string) => ({
    ':method': 'POST',
    ':authority': 'ledger.proof.example',
    ':path': '/proof.Ledger/Open',
    traceparent: trace,
    [BEHAVIOUR]: behaviour,
  });
  const ended = (name: string, behaviour: string): Probe => ({
    name: `bound: ${name}`,
    speed: 'slow',
    sees: DURATIONS,
    observe: async ({ subject, world }) => {
      const trace = `00-${behaviour.padEnd(32, '0').replaceAll(/[^0-9a-f]/g, 'f')}-00000000000000aa-01`;
      const session = await openHttp2(world);
      const stream = session.request(call(trace, behaviour), { endStream: behaviour === 'drip' });
      stream.on('error', () => {});
      stream.resume();
      const isEnded = await within(5_500, stream, 'close');
      session.destroy();
      return isEnded && reason(subject, trace);
    },
  });
  return [ended('a call whose answer goes on and on', 'drip'), ended('a call that falls silent', 'hang')];
}

/** A key that an issuer publishes no more is refused before long. */
async function withdrawnKey({ world }: Trial): Promise<unknown> {
  const keys = world.keyServers.get('people')!;
  const session = await openHttp2(world);
  const status = async (key: number) => {
    const authorization = `Bearer ${token(world, 'people', 'api', { key })}`;
    return (await get(session, AUTHORITY, '/users/any', { authorization })).status;
  };
  try {
    const before = await status(1);
    keys.document = JSON.stringify({ keys: keys.issuer.jwks().keys.slice(0, 1) });
    const deadline = performance.now() + 2_700;
    while ((await status(1)) === before && performance.now() < deadline) await sleep(50);
    return { before, after: await status(1), other: await status(0) };
  } finally {
    keys.document = undefined;
    session.destroy();
  }
}

/** Whether connections that are there now are gone before long. */
async function areClosed(taken: readonly Taken[]): Promise<unknown> {
  await sleep(5_500);
  return taken.length > 0 && taken.every(({ closed }) => closed);
}

export function client(kind: World['kind']): string {
  return kind === 'gateway' ? 'none' : 'gateway';
}

/** What the log says that ended a request. */
async function reason(subject: Trial['subject'], trace: string): Promise<unknown> {
  const lines = await subject.logged((each) => each['traceparent'] === trace, 2_500);
  return lines.map((line) => ({ status: line['status'], reason: line['reason'] }));
}

export async function openHttp2(world: World, as = client(world.kind)): Promise<ClientHttp2Session> {
  const socket = await connect(await targetOf(world, as), 'h2');
  const session = connectHttp2('https://client.invalid', { createConnection: () => socket });
  session.on('error', () => {});
  return session;
}

/** One request over HTTP/2; an answer that does not come in time has no status. */
export function get(
  session: ClientHttp2Session,
  authority: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status?: number; body: string }> {
  return new Promise((done) => {
    const stream = session.request({ ':authority': authority, ':path': path, ...headers });
    let status: number | undefined;
    let body = '';
    stream.setEncoding('utf8');
    stream.on('response', (fields) => {
      status = fields[':status'];
    });
    stream.on('data', (chunk: string) => {
      body += chunk;
    });
    stream.on('error', () => {});
    const timer = setTimeout(() => stream.destroy(), 3_500);
    stream.once('close', () => {
      clearTimeout(timer);
      done({ ...(status !== undefined && { status }), body });
    });
  });
}

/** Whether the event comes in that many milliseconds. */
export function within(
  milliseconds: number,
  emitter: { once(event: string, listener: () => void): unknown },
  event: string,
): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(false), milliseconds);
    emitter.once(event, () => {
      clearTimeout(timer);
      done(true);
    });
  });
}
