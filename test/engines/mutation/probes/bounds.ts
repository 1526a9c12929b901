import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Http1Connection } from '../../support/http1.js';
import { client, get, openHttp2, within } from '../http.js';
import { API, LEDGER } from '../model.js';
import { type Probe, slow } from '../probe.js';
import { asking, targetOf } from '../request.js';
import { BEHAVIOUR } from '../server.js';
import type { Subject } from '../subject.js';
import type { World } from '../world.js';

/** What bounds a connection or a stream, in a mutant's id. */
const DURATIONS =
  /common_http_protocol_options|_duration|drain_timeout|typed_config$|stream_idle|route\.timeout|\.route$/;

/**
 * Bounds in time, by the scaled values of `scale.ts`. They see on which side of a wide gap something
 * happens, never how long it took.
 */
export function boundProbes(kind: World['kind']): Probe[] {
  return [
    slow('bound: a connection of HTTP/2', DURATIONS, http2Connection),
    slow('bound: a connection of HTTP/1.1', DURATIONS, http1Connection),
    slow('bound: a body that goes on and on', DURATIONS, endlessBody),
    slow('bound: a head that does not end', /request_headers_timeout|typed_config$/, endlessHead),
    slow(
      'bound: a client that does not shake hands',
      /transport_socket_connect_timeout|filter_chains/,
      silentClient,
    ),
    slow('bound: an application that does not answer', /\.route|stream_idle_timeout/, silentApplication),
    slow('bound: a connection to a server', /HttpProtocolOptions/, serverConnection),
    ...(kind === 'sidecar'
      ? [
          slow('bound: a connection to a peer', /HttpProtocolOptions/, peerConnection),
          slow('bound: an idle connection to the application', /HttpProtocolOptions/, idleConnection),
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
  ];
}

/** Bounds of calls, which have no limit of their own as requests have. */
export function callBoundProbes(): Probe[] {
  return [
    slow('bound: a call whose answer goes on and on', DURATIONS, (subject) => call(subject, 'drip')),
    slow('bound: a call that falls silent', DURATIONS, (subject) => call(subject, 'hang')),
  ];
}

async function http2Connection({ world }: Subject): Promise<unknown> {
  const session = await openHttp2(world);
  const ended = Promise.all([within(6_000, session, 'goaway'), within(6_000, session, 'close')]);
  await get(session, '/public');
  const [goaway, close] = await ended;
  session.destroy();
  return { goaway, close };
}

async function http1Connection({ world }: Subject): Promise<unknown> {
  const connection = await Http1Connection.open(await targetOf(world, client(world)));
  const ended = within(6_000, connection.socket, 'close');
  await connection.send(`GET /public HTTP/1.1\r\nhost: ${API}\r\n\r\n`);
  const closed = await ended;
  connection.close();
  return closed;
}

async function endlessBody(subject: Subject): Promise<unknown> {
  const trace = traceOf('body');
  const session = await openHttp2(subject.world);
  const stream = session.request({
    ':method': 'POST',
    ':authority': API,
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
}

async function endlessHead({ world }: Subject): Promise<unknown> {
  const connection = await Http1Connection.open(await targetOf(world, client(world)));
  const answer = connection.send(`GET /public HTTP/1.1\r\nhost: ${API}\r\nx-more:`);
  const reply = await Promise.race([answer, sleep(1_600, undefined)]);
  connection.close();
  return reply ? { status: reply.status, end: reply.end } : 'nothing';
}

async function silentClient({ world }: Subject): Promise<unknown> {
  const socket = connectTcp({ host: world.own('listen/address'), port: world.ownPort('listen') });
  socket.on('error', () => {});
  socket.resume();
  const closed = await within(2_200, socket, 'close');
  socket.destroy();
  return closed;
}

async function silentApplication(subject: Subject): Promise<unknown> {
  const trace = traceOf('application');
  const session = await openHttp2(subject.world);
  await get(session, '/public', { [BEHAVIOUR]: 'hang', traceparent: trace });
  session.destroy();
  return reason(subject, trace);
}

async function serverConnection(subject: Subject): Promise<unknown> {
  const { world } = subject;
  const session = await openHttp2(world);
  await get(session, '/public');
  session.destroy();
  return reachesItsEnd(subject, world.kind === 'gateway' ? 'services/api' : 'application');
}

async function idleConnection(subject: Subject): Promise<unknown> {
  const session = await openHttp2(subject.world);
  await get(session, '/public');
  session.destroy();
  return countsSome(subject, 'application', 'upstream_cx_idle_timeout', 2_500);
}

async function peerConnection(subject: Subject): Promise<unknown> {
  const { world } = subject;
  const connection = await Http1Connection.open(await targetOf(world, 'none', 'shop'));
  await connection.send(`GET / HTTP/1.1\r\nhost: ${world.own('outbound/shop/authority')}\r\n\r\n`);
  connection.close();
  return reachesItsEnd(subject, 'services/shop');
}

/** Whether the point itself ends connections to a server before long. */
function reachesItsEnd(subject: Subject, cluster: string): Promise<boolean> {
  return countsSome(subject, cluster, 'upstream_cx_max_duration_reached', 4_500);
}

async function countsSome(
  subject: Subject,
  cluster: string,
  counter: string,
  milliseconds: number,
): Promise<boolean> {
  await sleep(milliseconds);
  const filter = encodeURIComponent(`^cluster\\.${cluster}\\.${counter}`);
  const { body } = await subject.admin(`/stats?filter=${filter}`);
  return /: [1-9]/.test(body);
}

async function call(subject: Subject, behaviour: 'drip' | 'hang'): Promise<unknown> {
  const trace = traceOf(behaviour);
  const session = await openHttp2(subject.world);
  const fields = {
    ':method': 'POST',
    ':authority': LEDGER,
    ':path': '/proof.Ledger/Open',
    traceparent: trace,
    [BEHAVIOUR]: behaviour,
  };
  const stream = session.request(fields, { endStream: behaviour === 'drip' });
  stream.on('error', () => {});
  stream.resume();
  const ended = await within(5_500, stream, 'close');
  session.destroy();
  return ended && reason(subject, trace);
}

function traceOf(name: string): string {
  return `00-${Buffer.from(name).toString('hex').padEnd(32, '0')}-00000000000000aa-01`;
}

/** What the log says that ended a request. */
async function reason(subject: Subject, trace: string): Promise<unknown> {
  const lines = await subject.logged((each) => each['traceparent'] === trace);
  return lines.map((line) => ({ status: line['status'], reason: line['reason'] }));
}
