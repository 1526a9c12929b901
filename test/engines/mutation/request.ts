import { createHash } from 'node:crypto';
import type { Target } from '../support/connect.js';
import { Http1Connection } from '../support/http1.js';
import { type Fields, Http2Connection } from '../support/http2.js';
import type { Reply } from '../support/reply.js';
import { API } from './model.js';
import type { Probe } from './probe.js';
import type { LogLine, Subject } from './subject.js';
import type { World } from './world.js';

/** A request as a table writes it; what is left out is what most requests have. */
export interface Ask {
  /** Whose certificate the client shows: a service's, the gateway's, `none`. @default none, at a sidecar the gateway's */
  readonly as?: string;
  /** Where it connects: the point's own listener, or the outbound one for that service. */
  readonly outbound?: string;
  readonly http1?: boolean;
  /** @default GET */
  readonly method?: string;
  readonly path: string;
  /** @default that of the service `api`; over an outbound listener that listener's own */
  readonly authority?: string;
  readonly headers?: Fields;
  /** Of one issuer for a service. */
  readonly token?: (world: World) => string;
  readonly body?: string;
  /** Without a trace; the log is searched for the path instead, which no other request may have. */
  readonly untraced?: boolean;
  /** Instead of all of that: the fields or the bytes themselves, for the trace that they must carry. */
  readonly raw?: (trace: string, world: World) => string | Fields;
}

/** A probe that sends one request and sees the answer, what arrived behind the point, and the log. */
export function asking(name: string, ask: Ask): Probe {
  return {
    name,
    speed: 'fast',
    observe: async (subject) => {
      const { world } = subject;
      const trace = `00-${createHash('sha256').update(name).digest('hex').slice(0, 32)}-00000000000000aa-01`;
      const reply = await send(subject, ask, trace);
      if (ask.outbound !== undefined) return { reply: spokenReply(world, reply) };
      const lines = await subject.logged((each) =>
        ask.untraced ? each['path'] === ask.path : each['traceparent'] === trace,
      );
      return { reply: spokenReply(world, reply), log: lines.map((line) => spokenLine(world, line)) };
    },
  };
}

async function send(subject: Subject, ask: Ask, trace: string): Promise<Reply> {
  const { world } = subject;
  const client = await clientOf(subject, ask);
  if (client instanceof Error) return refused(client);
  const { method = 'GET', path, authority = usualAuthority(world, ask), headers = [], body = '' } = ask;
  const all: [string, string | Buffer][] = [
    ...(ask.untraced ? [] : [['traceparent', trace] as [string, string]]),
    ...headers.map(([key, value]): [string, string | Buffer] => [key, value]),
    ...(ask.token ? [['authorization', `Bearer ${ask.token(world)}`] as [string, string]] : []),
  ];
  const raw = ask.raw?.(trace, world);
  try {
    if (client instanceof Http1Lane) {
      if (raw !== undefined) return await client.send(String(raw));
      const lines = all.map(([key, value]) => `${key}: ${String(value)}\r\n`).join('');
      const length = body === '' ? '' : `content-length: ${body.length}\r\n`;
      return await client.send(
        `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n${lines}${length}\r\n${body}`,
      );
    }
    const fields: Fields =
      raw === undefined
        ? [[':method', method], [':scheme', 'https'], [':authority', authority], [':path', path], ...all]
        : (raw as Fields);
    return await client.send(fields, body === '' ? undefined : body);
  } catch (error) {
    return refused(error as Error);
  }
}

function usualAuthority(world: World, { outbound }: Ask): string {
  return outbound === undefined ? API : world.own(`outbound/${outbound}/authority`);
}

function refused(error: Error): Reply {
  const code = 'code' in error ? String(error.code) : error.message;
  return { status: undefined, headers: [], body: `no connection: ${code}`, trailers: [], end: 'closed' };
}

type Client = Http1Lane | Http2Lane;

/** One client for each identity and protocol, for as long as its Envoy is there. */
const clients = new WeakMap<Subject, Map<string, Promise<Client>>>();

function clientOf(subject: Subject, ask: Ask): Promise<Client | Error> {
  const {
    as = subject.world.kind === 'sidecar' ? 'gateway' : 'none',
    outbound,
    http1 = outbound !== undefined,
  } = ask;
  const known = clients.get(subject) ?? new Map<string, Promise<Client>>();
  clients.set(subject, known);
  const key = `${as} ${outbound ?? ''} ${http1}`;
  const client =
    known.get(key) ??
    targetOf(subject.world, as, outbound).then((target) =>
      http1 ? new Http1Lane(target) : new Http2Lane(target),
    );
  known.set(key, client);
  return client;
}

/** Requests of HTTP/1.1 wait for one another, each for a connection of its own: none meets the end of one's life. */
class Http1Lane {
  #last: Promise<unknown> = Promise.resolve();
  constructor(readonly target: Target) {}

  send(bytes: string | Buffer): Promise<Reply> {
    const sent = this.#last.then(async () => {
      const connection = await Http1Connection.open(this.target);
      try {
        return await connection.send(bytes);
      } finally {
        connection.close();
      }
    });
    this.#last = sent.catch(() => {});
    return sent;
  }

  close(): void {}
}

/** RFC 9113 section 7: the other end has not looked at the request, which may be sent again. */
const REFUSED_STREAM = 7;
/** Times that it is. */
const RETRIES = 2;

/** Requests of HTTP/2 share a connection, for as long as there is one. */
class Http2Lane {
  #connection: Promise<Http2Connection> | undefined;
  constructor(readonly target: Target) {}

  async send(fields: Fields, body?: string, retries = RETRIES): Promise<Reply> {
    const known = this.#connection;
    const current = await known?.catch(() => undefined);
    // Of those that waited for the same connection the first opens the next.
    if (!current?.open && this.#connection === known) this.#connection = Http2Connection.open(this.target);
    const connection = await this.#connection!;
    const reply = await connection.send(fields, body);
    // A connection at the end of its life may refuse what was already under way to it.
    if (reply.code !== REFUSED_STREAM || connection.open || retries === 0) return reply;
    return this.send(fields, body, retries - 1);
  }

  close(): void {
    void this.#connection?.then((connection) => connection.close()).catch(() => {});
  }
}

/** Close the connections of the requests so far. */
export async function hangUp(subject: Subject): Promise<void> {
  const known = clients.get(subject) ?? new Map<string, Promise<Client>>();
  const open = await Promise.all([...known.values()]);
  for (const client of open) client.close();
  clients.delete(subject);
}

/** How a client that shows that certificate reaches the point. */
export async function targetOf(world: World, as: string, outbound?: string): Promise<Target> {
  if (outbound !== undefined) {
    return {
      address: world.own(`outbound/${outbound}/address`),
      port: world.ownPort(`outbound/${outbound}`),
    };
  }
  const leaf = as === 'none' ? undefined : await world.leaf(as);
  return {
    address: world.own('listen/address'),
    port: world.ownPort('listen'),
    tls: {
      ca: world.authority.root,
      ...(world.kind === 'gateway' && { servername: API }),
      ...(leaf && { certificate: leaf.certificate, key: leaf.key }),
    },
  };
}

/** The answer without what differs from run to run. */
export function spokenReply(world: World, reply: Reply): unknown {
  const { status, end, code, trailers } = reply;
  return {
    status,
    end,
    ...(code !== undefined && { code }),
    headers: reply.headers.map(([name, value]) => [name, name === 'date' ? '<date>' : world.spoken(value)]),
    body: spokenText(world, reply.body),
    ...(trailers.length > 0 && { trailers }),
  };
}

function spokenText(world: World, text: string): string {
  return world
    .spoken(text)
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>')
    .replaceAll(/(?!0{8})[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<request id>');
}

/** A line of the log without what differs from run to run. */
export function spokenLine(world: World, line: LogLine): unknown {
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => {
      if (name === 'time')
        return [name, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value)) ? '<time>' : value];
      if (name.startsWith('duration')) return [name, typeof value];
      return [name, typeof value === 'string' ? spokenText(world, value) : value];
    }),
  );
}
