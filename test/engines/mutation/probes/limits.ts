import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../support/connect.js';
import { Http1Client } from '../../support/http1.js';
import { mapDocuments } from '../documents.js';
import { client, get, openHttp2, within } from '../http.js';
import { API, LEDGER } from '../model.js';
import { alone, type Probe, type Variation } from '../probe.js';
import { targetOf } from '../request.js';
import { BEHAVIOUR } from '../server.js';
import type { Node } from '../shape.js';
import type { Subject } from '../subject.js';

/** Bounds in number and size, each reached with an Envoy of its own. */
export function limitProbes(): Probe[] {
  return [
    alone('limit: requests in a second', /ratelimit|typed_per_filter_config$/, haste),
    alone('limit: requests that take long', /route\.timeout|\.route$/, longRequests, longLimits),
    alone('limit: requests to one server', /circuit_breakers|clusters\[/, crowd),
    alone('limit: connections', /overload|resource_monitors|ready|global_conn/, flood),
    alone('limit: memory', /overload/, exhaustion, smallHeap),
    alone('limit: what a connection keeps', /per_connection_buffer/, slowReader),
  ];
}

/** More requests in a second than may be, and again in the next. */
async function haste({ world }: Subject): Promise<unknown> {
  const session = await openHttp2(world);
  const burst = () => Promise.all(Array.from({ length: 450 }, () => get(session, '/public')));
  const first = await burst();
  await sleep(1_100);
  const second = await burst();
  session.destroy();
  return {
    someServed: first.some(({ status }) => status === 200),
    limited: first.find(({ status }) => status === 429),
    manyServedAgain: second.filter(({ status }) => status === 200).length > 100,
  };
}

/** Limits above Envoy's own 15 s for a request; what has none stays without one. */
function longLimits(): Variation {
  const fields = ['max_stream_duration', 'max_connection_duration', 'stream_idle_timeout', 'timeout'];
  const isLimit = (value: Node) => typeof value === 'string' && /^[1-9]/.test(value);
  const lift = (node: Node): Node =>
    fields.reduce((result, field) => replaced(result, field, '30s', isLimit), node);
  return { change: (documents) => mapDocuments(documents, lift) };
}

/** Whether there is still an answer to wait for after those 15 s. */
async function longRequests({ world }: Subject): Promise<unknown> {
  const session = await openHttp2(world);
  const open = [
    { ':authority': API, ':path': '/public' },
    ...(world.kind === 'gateway' ? [{ ':authority': LEDGER, ':path': '/proof.Ledger/Open' }] : []),
  ].map((fields) => {
    const stream = session.request({ ':method': 'POST', ...fields, [BEHAVIOUR]: 'hang' });
    stream.on('error', () => {});
    stream.end();
    return within(16_500, stream, 'close');
  });
  const ended = await Promise.all(open);
  session.destroy();
  return ended;
}

/** More at a time than one server gets; those above are answered at once. */
async function crowd(subject: Subject): Promise<unknown> {
  const { world } = subject;
  const server = world.servers.get(world.kind === 'gateway' ? 'api' : world.service.name)!;
  const session = await openHttp2(world);
  const hanging = Array.from({ length: 60 }, () => get(session, '/public', { [BEHAVIOUR]: 'hang' }));
  const statuses = Map.groupBy(await Promise.all(hanging), ({ status }) => status);
  session.destroy();
  return {
    statuses: [...statuses].map(([status, of]) => [status, of.length]),
    connections: server.taken.length,
  };
}

/** One connection more than may be; `ready` is not counted. */
async function flood({ world }: Subject): Promise<unknown> {
  const target = await targetOf(world, client(world));
  const open: Http1Client[] = [];
  const ask = async (one: Http1Client, path: string, host: string) => {
    open.push(one);
    const reply = await one.send(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`).catch(() => undefined);
    return reply?.status ?? 'closed';
  };
  const answers: unknown[] = [];
  for (let at = 0; at < 43; at += 1) answers.push(await ask(new Http1Client(target), '/public', API));
  const ready = { address: world.own('ready/address'), port: world.ownPort('ready') };
  const last = await ask(new Http1Client(ready), '/ready', 'x');
  for (const one of open) one.close();
  return { served: answers.filter((status) => status === 200).length, last: answers.at(-1), ready: last };
}

function smallHeap(): Variation {
  const shrink = (node: Node) => replaced(node, 'max_heap_size_bytes', 1);
  return { change: (documents) => mapDocuments(documents, shrink) };
}

/** What is given up when the heap is full. */
async function exhaustion(subject: Subject): Promise<unknown> {
  await sleep(600);
  const attempt = await openHttp2(subject.world)
    .then((session) => get(session, '/public').finally(() => session.destroy()))
    .then(({ status }) => status)
    .catch((error: NodeJS.ErrnoException) => error.code);
  const { body } = await subject.admin('/stats?filter=^overload.*active$');
  return { attempt, stats: body.split('\n').sort() };
}

/** A large answer that nobody reads meets the limit of what its connection keeps. */
async function slowReader(subject: Subject): Promise<unknown> {
  const { world } = subject;
  const socket = await connect(await targetOf(world, client(world)), 'http/1.1');
  socket.pause();
  socket.write(`GET /public HTTP/1.1\r\nhost: ${API}\r\n${BEHAVIOUR}: large\r\n\r\n`);
  await sleep(500);
  const { body } = await subject.admin('/stats?filter=upstream_flow_control_paused_reading_total');
  socket.destroy();
  return body.split('\n').map((line) => line.replace(/: [1-9]\d*$/, ': some'));
}

/** The document with another value in the fields of that name whose value is such a one. */
function replaced(node: Node, field: string, to: Node, isSuch: (value: Node) => boolean = () => true): Node {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return (node as readonly Node[]).map((item) => replaced(item, field, to, isSuch));
  return Object.fromEntries(
    Object.entries(node).map(([name, item]) => [
      name,
      name === field && isSuch(item as Node) ? to : replaced(item as Node, field, to, isSuch),
    ]),
  );
}
