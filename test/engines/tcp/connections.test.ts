import { connect as connectTcp } from 'node:net';
import { replaceFile } from '../../../local/files.js';
import { allow, connect, defineZeroTrust, http, tcp, workload } from '../../../lib/model/index.js';
import { eventually } from '../../local/temporary.js';
import type { Target } from '../support/connect.js';
import { Http2Connection } from '../support/http2.js';
import { TestPlatform } from '../support/platform.js';

/** The shortest leaf gives the shortest bound. */
const LEAF_SECONDS = 60;

const model = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'dev',
  authority: { leafLifetimeSeconds: LEAF_SECONDS },
  services: {
    orders: http({ host: 'orders.shop.example' }),
    reports: http(),
    ledger: tcp({ maxConnections: 4 }),
    jobs: tcp({ idleTimeoutSeconds: 1 }),
  },
  access: [
    allow(workload('orders')).to('ledger', connect()).named('orders-ledger'),
    // A way, and nothing that passes on it: only what is asked of the sidecar decides.
    allow(workload('reports'))
      .to('ledger', connect())
      .named('reports-later')
      .audited({ until: '2100-01-01T00:00:00Z', reason: 'who would connect?' }),
    allow(workload('orders')).to('jobs', connect()).named('orders-jobs'),
  ],
});

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(model);
});
afterAll(() => running?.close());

interface Spoken {
  /** All that came until it was closed, or had come when `until` was there. */
  readonly text: string;
  readonly isClosed: boolean;
  readonly close: () => void;
  readonly send: (text: string) => void;
}

/** Connect as the application of a service does: to the port of its sidecar. */
function dial(from: string, to: string): Spoken {
  const url = new URL(running.platform.ready().services[from]!.upstreams[to]!);
  const socket = connectTcp({ host: url.hostname, port: Number(url.port) });
  let text = '';
  let isClosed = false;
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  return {
    get text() {
      return text;
    },
    get isClosed() {
      return isClosed;
    },
    close: () => socket.destroy(),
    send: (more) => socket.write(more),
  };
}

const lines = () =>
  running.events.flatMap((event) =>
    event.kind === 'decision' ? [JSON.parse(event.line) as Record<string, unknown>] : [],
  );

test('an admitted connection carries bytes both ways, the first of them from the server', async () => {
  const connection = dial('orders', 'ledger');
  await eventually(() => connection.text === 'ztp-echo ledger\n', 'the greeting comes');
  connection.send('select 1');
  await eventually(() => connection.text.endsWith('select 1'), 'the bytes come back');
  await eventually(
    () => lines().some(({ point, decision }) => point === 'services/ledger/sidecar' && decision === 'allow'),
    'it is logged while it is open',
  );
  const line = lines().find(({ point }) => point === 'services/ledger/sidecar');
  expect(line).toMatchObject({
    decision: 'allow',
    status: 200,
    rule: 'orders-ledger',
    service: 'ledger',
    operation: 'tcp',
    peer: 'spiffe://local.dev.shop.example/ns/default/sa/orders',
  });
  connection.close();
});

test('a refused connection is closed before a byte of the server, also of one that speaks first', async () => {
  const connection = dial('reports', 'ledger');
  await eventually(() => connection.isClosed, 'it is closed');
  expect(connection.text).toBe('');
  await eventually(() => lines().some(({ wouldAllow }) => wouldAllow === 'reports-later'), 'it is logged');
  const line = lines().find(({ wouldAllow }) => wouldAllow === 'reports-later');
  expect(line).toMatchObject({ decision: 'refuse', status: 403, service: 'ledger', operation: 'tcp' });
  expect(line).not.toHaveProperty('rule');
});

test('a connection that is used without a pause ends by itself, and the next one is admitted', async () => {
  const { bound, maxStream } = running.platform.plan.connections;
  expect(running.platform.plan.services['ledger']!.connections!.maxSeconds).toBe(maxStream);
  expect(bound).toBeLessThanOrEqual(LEAF_SECONDS / 4);
  const connection = dial('orders', 'ledger');
  const talk = setInterval(() => connection.send('.'), 100);
  try {
    await eventually(() => connection.text.length > 30, 'it is in use');
    await eventually(() => connection.isClosed, 'it ends within the bound');
  } finally {
    clearInterval(talk);
  }
  const next = dial('orders', 'ledger');
  await eventually(() => next.text !== '', 'the next one');
  next.close();
});

test('a connection without a byte is closed after the idle time, and one with bytes is not', async () => {
  const [idle, busy] = [dial('orders', 'jobs'), dial('orders', 'jobs')];
  const talk = setInterval(() => busy.send('.'), 100);
  try {
    await eventually(() => idle.text !== '' && busy.text !== '', 'both are open');
    await eventually(() => idle.isClosed, 'the idle one is closed');
    expect(busy.isClosed).toBe(false);
  } finally {
    clearInterval(talk);
    busy.close();
  }
});

test('above the most there may be, as many again wait for a place, and others are closed', async () => {
  const open = Array.from({ length: 4 }, () => dial('orders', 'ledger'));
  await eventually(() => open.every(({ text }) => text !== ''), 'four are open');
  const waiting = Array.from({ length: 4 }, () => dial('orders', 'ledger'));
  const more: Spoken[] = [];
  await eventually(() => {
    more.push(dial('orders', 'ledger'));
    return more.some(({ isClosed, text }) => isClosed && text === '');
  }, 'one for which there is no place is closed');
  await eventually(
    () => lines().some(({ decision, status }) => decision === 'allow' && status === 503),
    'it was admitted, and there was no place',
  );
  for (const connection of open) connection.close();
  await eventually(() => waiting.some(({ text }) => text !== ''), 'one that waited goes on');
  for (const connection of [...waiting, ...more]) connection.close();
});

test('what one end has said comes whole, also when that end has nothing more to say', async () => {
  const url = new URL(running.platform.ready().services['orders']!.upstreams['ledger']!);
  const text = await new Promise<string>((done, fail) => {
    const socket = connectTcp({ host: url.hostname, port: Number(url.port), allowHalfOpen: true });
    let all = '';
    socket.on('data', (bytes: Buffer) => {
      all += bytes.toString('latin1');
    });
    socket.on('error', fail);
    socket.on('end', () => done(all));
    socket.end('x'.repeat(200_000));
  });
  expect(text).toBe(`ztp-echo ledger\n${'x'.repeat(200_000)}`);
});

describe('at the sidecar itself', () => {
  const authority = () => running.platform.plan.services['ledger']!.authority;
  const ask = async (as: string | Target | undefined, fields: [string, string][]) => {
    const target = typeof as === 'object' ? as : running.sidecar('ledger', as);
    const connection = await Http2Connection.open(target);
    const stream = connection.start(fields);
    const status = await new Promise<number | undefined>((done) => {
      stream.once('response', (headers) => done(headers[':status']));
      stream.once('close', () => done(undefined));
      stream.on('error', () => {});
    });
    connection.close();
    return status;
  };
  const connection = (host = authority()): [string, string][] => [
    [':method', 'CONNECT'],
    [':authority', host],
  ];

  test('only a workload that a rule names has a connection', async () => {
    expect(await ask('orders', connection())).toBe(200);
    expect(await ask('orders', connection(`${authority()}:5432`))).toBe(200);
    for (const as of ['reports', 'jobs', 'ledger', 'gateway']) expect(await ask(as, connection())).toBe(403);
    expect(await ask(undefined, connection()).catch(() => undefined)).toBeUndefined();
    const { tls: _, ...plain } = running.sidecar('ledger');
    expect(await ask(plain, connection()).catch(() => undefined)).toBeUndefined();
  });

  test('nothing passes but a connection to this service', async () => {
    const jobs = running.platform.plan.services['jobs']!.authority;
    expect(await ask('orders', connection(jobs))).toBe(403);
    expect(await ask('orders', connection('127.0.0.1:22'))).toBe(403);
    const request = (method: string, path: string, more: [string, string][] = []): [string, string][] => [
      [':method', method],
      [':scheme', 'https'],
      [':path', path],
      [':authority', authority()],
      ...more,
    ];
    expect(await ask('orders', request('GET', '/'))).toBe(403);
    expect(await ask('orders', request('POST', '/'))).toBe(403);
    // RFC 8441: an upgrade over HTTP/2, of a protocol that nobody has.
    expect(await ask('orders', request('CONNECT', '/', [[':protocol', 'websocket']]))).not.toBe(200);
    expect(await ask('orders', request('CONNECT', '/', [[':protocol', 'CONNECT']]))).not.toBe(200);
  });
});

test('an emergency deny closes the service to whatever comes, and what is open ends within the bound', async () => {
  const open = dial('orders', 'ledger');
  await eventually(() => open.text !== '', 'it is open');
  const until = Math.floor(Date.now() / 1000) + 3600;
  const revoke = async (version: number, entries: readonly object[]) => {
    replaceFile(running.platform.revocationsPath, JSON.stringify({ version, entries }));
    await running.platform.revoke();
  };
  for (const [version, entry] of [
    [1, { kind: 'service', service: 'ledger', until }],
    [2, { kind: 'rule', rule: 'orders-ledger', until }],
  ] as const) {
    await revoke(version, [entry]);
    const refused = dial('orders', 'ledger');
    await eventually(() => refused.isClosed, 'a new connection is closed');
    expect(refused.text).toBe('');
  }
  const talk = setInterval(() => open.send('.'), 100);
  try {
    await eventually(() => open.isClosed, 'the open one ends');
  } finally {
    clearInterval(talk);
  }
  // Its end is in the entry, and comes without another document.
  await revoke(3, [{ kind: 'service', service: 'ledger', until: Math.floor(Date.now() / 1000) + 2 }]);
  await eventually(async () => {
    const next = dial('orders', 'ledger');
    await eventually(() => next.isClosed || next.text !== '', 'an answer');
    next.close();
    return next.text !== '';
  }, 'it opens again');
});
