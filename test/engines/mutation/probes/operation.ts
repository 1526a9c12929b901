import { lstatSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../support/connect.js';
import { Http1Client } from '../../support/http1.js';
import { Http2Connection, requestFields } from '../../support/http2.js';
import { mapDocuments } from '../documents.js';
import type { Probe, Trial } from '../probe.js';
import { token } from '../tokens.js';
import { hangUp, spokenReply, targetOf } from '../request.js';
import { BEHAVIOUR } from '../server.js';
import type { Node } from '../shape.js';
import { Refusal, Subject } from '../subject.js';
import type { World } from '../world.js';
import { client, get, openHttp2, within } from './bounds.js';
import { shakeHands, usual } from './tls.js';

const AUTHORITY = 'api.proof.example';

/** What those who operate a point see and do. */
export function operationProbes(kind: World['kind']): Probe[] {
  const alone = (name: string, sees: RegExp, observe: Probe['observe']): Probe => ({
    name: `operation: ${name}`,
    speed: 'alone',
    sees,
    observe,
  });
  return [
    {
      name: 'operation: what HTTP/2 offers',
      speed: 'fast',
      observe: async ({ world }) => {
        const session = await openHttp2(world);
        await get(session, AUTHORITY, '/public');
        const { maxConcurrentStreams, initialWindowSize } = session.remoteSettings;
        const { remoteWindowSize } = session.state;
        session.destroy();
        return { maxConcurrentStreams, initialWindowSize, remoteWindowSize };
      },
    },
    {
      name: 'operation: a malformed request beside others',
      speed: 'fast',
      observe: async ({ world }) => {
        const connection = await Http2Connection.open(await targetOf(world, client(kind)));
        const [, bad] = await Promise.all([
          connection.send(requestFields('GET', '/public', AUTHORITY)),
          connection.send([...requestFields('GET', '/public', AUTHORITY), ['X-Upper', 'case']]),
        ]);
        const after = await connection
          .send(requestFields('GET', '/public', AUTHORITY))
          .catch(() => undefined);
        connection.close();
        return { bad: spokenReply(world, bad), after: after?.status };
      },
    },
    {
      name: 'operation: a point that is ready',
      speed: 'fast',
      observe: async ({ world }) => {
        const replies = ['/ready', '/ready?x', '/other', '/'].map(async (path) => {
          const ready = new Http1Client({
            address: world.own('ready/address'),
            port: world.ownPort('ready'),
          });
          const reply = await ready.send(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
          ready.close();
          return spokenReply(world, reply);
        });
        return Promise.all(replies);
      },
    },
    {
      name: 'operation: the administration',
      speed: 'fast',
      observe: async ({ subject }) => {
        const { mode } = lstatSync(subject.adminSocket);
        const listeners = JSON.parse((await subject.admin('/listeners?format=json')).body) as {
          listener_statuses: { name: string }[];
        };
        const clusters = JSON.parse((await subject.admin('/clusters?format=json')).body) as {
          cluster_statuses: { name: string }[];
        };
        const info = JSON.parse((await subject.admin('/server_info')).body) as {
          node: { id: string; cluster: string };
        };
        return {
          mode: mode.toString(8),
          listeners: listeners.listener_statuses.map(({ name }) => name).sort(),
          clusters: clusters.cluster_statuses.map(({ name }) => name).sort(),
          node: [info.node.id, info.node.cluster],
        };
      },
    },
    alone('metrics by point and rule', /stat|rbac|ztp|inbound|listeners/, metrics),
    alone('as many requests as may be', /ratelimit|typed_per_filter_config$/, haste),
    alone('requests that take long', /route\.timeout|\.route$/, longRequests),
    alone('as many requests to one server as may be', /circuit_breakers|clusters\[/, crowd),
    alone('two on one port', /reuse_port|listeners\[[^\]]*\]$/, twoOnOnePort),
    alone('as many connections as may be', /overload|resource_monitors|ready|global_conn/, flood),
    alone('memory that runs out', /overload/, exhaustion),
    alone('a new certificate', /secret|server |edge /, (trial) => newCertificate(trial, 'certificates')),
    alone('a new certificate elsewhere', /secret|server |edge /, (trial) => newCertificate(trial, 'paths')),
    alone('new roots', /secret|peers /, newRoots),
    alone('other routes', /rds|routes /, otherRoutes),
    alone('an answer that is read slowly', /per_connection_buffer/, slowReader),
    alone('names in the place of addresses', /clusters\[/, namedEndpoints),
    alone('servers of keys that are somebody else', /issuers|clusters/, wrongKeyServers),
    alone('a server of keys that fails', /jwt_authn/, failingKeyServer),
    alone('keys before the first request', /jwt_authn/, earlyKeys),
  ];
}

async function metrics({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const session = await openHttp2(subject.world);
    await get(session, AUTHORITY, '/public');
    await get(session, AUTHORITY, '/public//');
    await get(session, AUTHORITY, '/files/a', { ':method': 'DELETE' });
    await get(session, AUTHORITY, '/users/any', { authorization: 'Basic x' });
    await get(session, AUTHORITY, '/users/any');
    await get(session, AUTHORITY, '/audit/deny');
    await get(session, AUTHORITY, '/audit/allow');
    const { world } = subject;
    const as = (claims: Parameters<typeof token>[3]) => ({
      authorization: `Bearer ${token(world, 'people', 'api', claims)}`,
    });
    await get(session, AUTHORITY, '/when/mfa', as({}));
    await get(session, AUTHORITY, '/users/any', as({ claims: { aud: 'elsewhere' } }));
    await get(session, AUTHORITY, '/unless/region', as({ claims: { region: 'restricted' } }));
    session.destroy();
    const { body } = await subject.admin('/stats/prometheus?usedonly');
    return body
      .split('\n')
      .filter(
        (line) =>
          !line.includes('"admin"') &&
          /^envoy_http_(rbac|.*rbac|local_rate|.*rate_limit|downstream_rq_xx)/.test(line),
      )
      .map((line) => subject.world.spoken(line))
      .sort();
  });
}

/** Bytes of an answer that nobody reads meet the limit of the connection's buffer. */
async function slowReader({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const { world } = subject;
    const socket = await connect(await targetOf(world, client(world.kind)), 'http/1.1');
    socket.pause();
    socket.write(`GET /public HTTP/1.1\r\nhost: ${AUTHORITY}\r\n${BEHAVIOUR}: large\r\n\r\n`);
    await sleep(500);
    const { body } = await subject.admin('/stats?filter=flow_control_paused_reading_total');
    socket.destroy();
    return body.split('\n').map((line) => line.replace(/: [1-9]\d*$/, ': some'));
  });
}

/** More requests in a second than may be, and again in the next. */
async function haste({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const session = await openHttp2(subject.world);
    const burst = () => Promise.all(Array.from({ length: 450 }, () => get(session, AUTHORITY, '/public')));
    const first = await burst();
    const limited = first.find(({ status }) => status === 429);
    await sleep(1_100);
    const second = await burst();
    session.destroy();
    return {
      someServed: first.some(({ status }) => status === 200),
      limited,
      manyServedAgain: second.filter(({ status }) => status === 200).length > 100,
    };
  });
}

/** With limits above Envoy's own 15 s for a request: whether there is still an answer to wait for after them. */
async function longRequests({ again }: Trial): Promise<unknown> {
  const fields = ['max_stream_duration', 'max_connection_duration', 'stream_idle_timeout', 'timeout'];
  // What has no limit stays without one.
  const lift = (node: Node): Node =>
    fields.reduce(
      (result, field) => replaced(result, field, '30s', (value) => /^[1-9]/.test(String(value))),
      node,
    );
  const started = again({ change: (documents) => mapDocuments(documents, lift) });
  return withSubject(started, async ({ world }) => {
    const session = await openHttp2(world);
    const open = [
      { authority: AUTHORITY, path: '/public' },
      ...(world.kind === 'gateway'
        ? [{ authority: 'ledger.proof.example', path: '/proof.Ledger/Open' }]
        : []),
    ].map(({ authority, path }) => {
      const stream = session.request({
        ':method': 'POST',
        ':authority': authority,
        ':path': path,
        [BEHAVIOUR]: 'hang',
      });
      stream.on('error', () => {});
      stream.end();
      return within(16_500, stream, 'close');
    });
    const ended = await Promise.all(open);
    session.destroy();
    return ended;
  });
}

/** More at a time than one server gets; those above are answered at once. */
async function crowd({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const { world } = subject;
    const server =
      world.kind === 'gateway' ? world.servers.get('api')! : world.servers.get(world.service.name)!;
    const session = await openHttp2(world);
    const replies = await Promise.all(
      Array.from({ length: 60 }, () =>
        get(session, AUTHORITY, '/public', { [BEHAVIOUR]: 'hang', 'x-probe': 'crowd' }),
      ),
    );
    session.destroy();
    const statuses = Map.groupBy(replies, ({ status }) => status);
    const { body } = await subject.admin('/stats?filter=(rq_pending_overflow|cx_overflow|remaining)');
    return {
      statuses: [...statuses].map(([status, of]) => [status, of.length]),
      overflow: body.split('\n').filter((line) => !line.endsWith(': 0')),
      connections: server.taken.length,
    };
  });
}

/** Whether somebody else can listen where the point does. */
async function twoOnOnePort({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), ({ world }) => {
    const places = ['listen', 'ready', ...(world.kind === 'sidecar' ? ['outbound/shop'] : [])];
    return Promise.all(
      places.map(
        (place) =>
          new Promise((done) => {
            const other = createServer();
            other.once('error', (error: NodeJS.ErrnoException) => done(error.code));
            const where = {
              host: world.own(`${place}/address`),
              port: world.ownPort(place),
              reusePort: true,
            };
            other.listen(where, () => other.close(() => done('listens')));
          }),
      ),
    );
  });
}

/** One connection more than may be; `ready` is not counted. */
async function flood({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const { world } = subject;
    const target = await targetOf(world, client(world.kind));
    const open: Http1Client[] = [];
    const answers: string[] = [];
    for (let at = 0; at < 43; at += 1) {
      const one = new Http1Client(target);
      open.push(one);
      const reply = await one
        .send(`GET /public HTTP/1.1\r\nhost: ${AUTHORITY}\r\n\r\n`)
        .catch(() => ({ status: undefined }));
      answers.push(String(reply.status));
    }
    const ready = new Http1Client({ address: world.own('ready/address'), port: world.ownPort('ready') });
    const { status } = await ready
      .send('GET /ready HTTP/1.1\r\nhost: x\r\n\r\n')
      .catch(() => ({ status: 'closed' }));
    for (const one of [...open, ready]) one.close();
    return {
      served: answers.filter((answer) => answer === '200').length,
      refused: answers.slice(-2),
      ready: status,
    };
  });
}

/** The same with a heap of one byte: what is given up. */
async function exhaustion({ again }: Trial): Promise<unknown> {
  const change = (node: Node): Node => replaced(node, 'max_heap_size_bytes', 1);
  const started = again({
    change: (documents) => ({ ...documents, bootstrap: change(documents.bootstrap) }),
  });
  return withSubject(started, async (subject) => {
    const { world } = subject;
    await sleep(600);
    const attempt = await openHttp2(world)
      .then((session) => get(session, AUTHORITY, '/public').finally(() => session.destroy()))
      .then(({ status }) => status)
      .catch((error: NodeJS.ErrnoException) => error.code);
    const { body } = await subject.admin('/stats?filter=^overload.*active$');
    return { attempt, stats: body.split('\n').sort() };
  });
}

/** What a point shows to its clients, and to those whom it calls. */
async function newCertificate({ again }: Trial, what: 'certificates' | 'paths'): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const { world } = subject;
    const shown = async () =>
      world.spoken(String((await shakeHands(await usual(world, client(world.kind)), 0)).certificate));
    const called = async () => {
      if (world.kind === 'sidecar') return undefined;
      world.servers.get('api')!.forget();
      const session = await openHttp2(world);
      const { body } = await get(session, AUTHORITY, '/public');
      session.destroy();
      return world.spoken((JSON.parse(body) as { certificate?: string }).certificate ?? body);
    };
    const look = async () => [await shown(), await called()];
    const before = await look();
    await world.renew(subject.folder, what);
    return { before, after: await changed(look, before) };
  });
}

async function newRoots({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const { world } = subject;
    const reach = async () => {
      if (world.kind === 'sidecar') {
        const { taken, error } = await shakeHands(await usual(world, 'gateway'), 0);
        return taken ?? error;
      }
      world.servers.get('api')!.forget();
      const session = await openHttp2(world);
      const { status } = await get(session, AUTHORITY, '/public');
      session.destroy();
      return status;
    };
    const before = await reach();
    await world.renew(subject.folder, 'roots');
    return { before, after: await changed(reach, before) };
  });
}

/** Milliseconds in which a change of files is taken; a sound one needs some tens. */
const TAKEN = 900;

/** What is seen when every part of it has changed, or after the time for that. */
async function changed<Seen>(look: () => Promise<Seen>, before: Seen): Promise<Seen> {
  const deadline = performance.now() + TAKEN;
  for (;;) {
    const seen = await look();
    const parts = (value: Seen) => (Array.isArray(value) ? (value as unknown[]) : [value]);
    const isChanged = parts(seen).every((part, at) => part === undefined || part !== parts(before)[at]);
    if (isChanged || performance.now() > deadline) return seen;
    await sleep(20);
  }
}

async function otherRoutes({ again }: Trial): Promise<unknown> {
  return withSubject(again({}), async (subject) => {
    const { world, routes } = subject;
    const session = await openHttp2(world);
    const status = async () => (await get(session, AUTHORITY, '/public')).status;
    const before = await status();
    const text = JSON.stringify(routes);
    const nowhere = text.replace(/"cluster":"[^"]*"/, '"cluster":"nowhere"');
    const refused = await subject.offer(JSON.parse(nowhere) as object, 'nowhere');
    const kept = await status();
    const misspelt = text.replace('"principals"', '"principal"');
    const unknown = await subject.offer(JSON.parse(misspelt) as object, 'misspelt');
    const without = text.replaceAll('"/public"', '"/elsewhere"');
    const taken = await subject.offer(JSON.parse(without) as object, 'without');
    const after = await status();
    session.destroy();
    return { before, refused, kept, unknown, taken, after };
  });
}

/** Whether it loads where the applications and peers are known by a name. */
async function namedEndpoints({ world, again }: Trial): Promise<unknown> {
  const endpoints = Object.keys(world.plan.services).flatMap((name) => [
    [`services/${name}/endpoint/address`, 'localhost'],
    [`services/${name}/application/address`, 'localhost'],
  ]);
  const issuers = Object.keys(world.plan.issuers).map((name) => [
    `issuers/${name}/endpoint/address`,
    'localhost',
  ]);
  const values = Object.fromEntries([...endpoints, ...issuers]) as Record<string, string>;
  return withSubject(again({ values }), async () => 'started');
}

/** One whose certificate is another's, and one whose certificate nobody can verify. */
async function wrongKeyServers({ world, again }: Trial): Promise<unknown> {
  const [people, partners, pipeline] = Object.values(world.plan.issuers).map(({ key }) => key);
  const values = {
    [`${people}/endpoint/address`]: world.value(`${partners}/endpoint/address`),
    [`${people}/endpoint/port`]: world.value(`${partners}/endpoint/port`),
    [`${pipeline}/ca/path`]: world.strangerCa(),
  };
  return withSubject(again({ values }), async () =>
    [...world.keyServers.values()].map(({ asked }) => [...new Set(asked)].sort()),
  );
}

async function failingKeyServer({ world, again }: Trial): Promise<unknown> {
  const keys = world.keyServers.get('people')!;
  keys.broken = true;
  try {
    return await withSubject(again({}), async () => keys.asked.length);
  } finally {
    keys.broken = false;
  }
}

async function earlyKeys({ world, again }: Trial): Promise<unknown> {
  return withSubject(again({}), async () => [...world.keyServers.values()].map(({ asked }) => asked[0]));
}

/** Look at another start of the same mutant. */
async function withSubject(
  started: Promise<Subject | Refusal>,
  look: (subject: Subject) => Promise<unknown>,
): Promise<unknown> {
  const subject = await started;
  if (subject instanceof Refusal) return { refused: subject.how };
  try {
    return await look(subject);
  } finally {
    await hangUp(subject);
    await subject.stop();
  }
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
