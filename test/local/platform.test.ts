import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allow, anyone, http, user, workload, type ZeroTrustModel } from '../../lib/model/index.js';
import type { PlatformEvent } from '../../local/events.js';
import { follow } from '../../local/follow.js';
import { replaceFile } from '../../local/files.js';
import { Http1Connection, requestBytes } from '../engines/support/http1.js';
import { requestFields } from '../engines/support/http2.js';
import { TestPlatform } from '../engines/support/platform.js';
import { header } from '../engines/support/reply.js';
import { ORDERS, shop, WEB } from './model.js';
import { eventually, isRunning, temporaryFolder } from './temporary.js';

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(shop());
});
afterAll(() => running.close());

const update = (model: ZeroTrustModel) => running.platform.update({ model });
const staff = () =>
  [['authorization', `Bearer ${running.token('people', 'orders', { groups: ['staff'] })}`]] as const;
const pids = () => running.platform.ready().pids;

describe('a platform that has started', () => {
  test('the gateway and the sidecar decide, and the echo answers', async () => {
    const client = running.http1(running.gateway);
    const reply = await client.send(requestBytes('GET', '/orders/1', ORDERS, staff()));
    expect(reply.status).toBe(200);
    expect(header(reply, 'x-ztp-echo')).toBe('orders');
    expect(JSON.parse(reply.body)).toMatchObject({ peer: running.platform.plan.gateway.spiffeId });
    expect((await client.send(requestBytes('GET', '/orders/1', ORDERS))).status).toBe(401);
    expect((await client.send(requestBytes('GET', '/orders/secret', ORDERS, staff()))).status).toBe(403);
    expect((await client.send(requestBytes('GET', '/', WEB))).status).toBe(200);
  });

  test('a workload reaches the service that it may call at its ZTP_…_URL, and no other host there', async () => {
    const { upstreams } = running.platform.ready().services['orders']!;
    const url = new URL(upstreams['payments']!);
    const client = running.http2({ address: url.hostname, port: Number(url.port) });
    const called = await client.send(
      requestFields('POST', '/shop.Payments/Charge', url.host, [['te', 'trailers']]),
      '',
    );
    expect(called).toMatchObject({ status: 200, trailers: [['grpc-status', '0']] });
    const other = await client.send(
      requestFields('POST', '/shop.Payments/Charge', 'payments.test', [['te', 'trailers']]),
      '',
    );
    expect(other.status).not.toBe(200);
  });

  test.each(['gateway', 'orders'])(
    'an application hears nothing of who its caller, %s, says to be',
    async (as) => {
      const told = [
        ['x-forwarded-user', 'mallory'],
        ['x-forwarded-client-cert', 'URI=spiffe://mallory'],
        ['x-original-url', '/admin'],
        ['x-http-method-override', 'DELETE'],
      ] as const;
      await update(shop(allow(workload('orders')).to('web', 'GET /')));
      try {
        const target = as === 'gateway' ? running.gateway : running.sidecar('web', as);
        const reply = await running.http1(target).send(requestBytes('GET', '/', WEB, told));
        expect(reply.status).toBe(200);
        expect(reply.body).not.toMatch(/mallory|x-original-url|x-http-method-override/);
        const { gateway, services } = running.platform.plan;
        const peer = as === 'gateway' ? gateway.spiffeId : services[as]!.sidecar.spiffeId;
        expect(JSON.parse(reply.body)).toMatchObject({ peer });
      } finally {
        await update(shop());
      }
    },
  );

  test('only its own user may enter the state folder or open an administration socket', async () => {
    const { statSync } = await import('node:fs');
    const { state, gateway, services } = running.platform.ready();
    expect(statSync(state).mode & 0o777).toBe(0o700);
    for (const { admin } of [gateway, ...Object.values(services)])
      expect(statSync(admin).mode & 0o777).toBe(0o600);
  });
});

describe('an edit', () => {
  afterEach(() => update(shop()));

  test('of rules is in force on connections that are open, and no process is another one', async () => {
    const connection = await Http1Connection.open(running.gateway);
    const ask = () => connection.send(requestBytes('GET', '/', WEB));
    const before = pids();
    expect((await ask()).status).toBe(200);
    const { reloaded, restarted } = await update({ ...shop(), access: shop().access!.slice(1) });
    expect(reloaded.toSorted()).toEqual(['gateway', 'services/web/sidecar']);
    expect(restarted).toEqual([]);
    expect((await ask()).status).toBe(403);
    await update(shop());
    expect((await ask()).status).toBe(200);
    expect(pids()).toEqual(before);
    expect(connection.open).toBe(true);
    connection.close();
  });

  test('that changes nothing touches nothing', async () => {
    expect(await update(shop())).toMatchObject({ reloaded: [], restarted: [] });
  });

  test('with an error is refused as a whole, and the last good one stays', async () => {
    const broken = { ...shop(), services: { ...shop().services, web: { protocol: 'carrier pigeon' } } };
    await expect(running.platform.update({ model: broken })).rejects.toMatchObject({ code: 'invalid-model' });
    expect((await running.http1(running.gateway).send(requestBytes('GET', '/', WEB))).status).toBe(200);
  });

  test('to another trust domain is refused', async () => {
    const moved = { ...shop(), environment: 'elsewhere' };
    await expect(running.platform.update({ model: moved })).rejects.toMatchObject({
      code: 'trust-domain-changed',
    });
  });

  test('with a new service starts that service and the gateway anew, and nothing else', async () => {
    const before = pids();
    const more: ZeroTrustModel = {
      ...shop(allow(user({ groups: ['staff'] })).to('reports', 'GET /reports')),
      services: { ...shop().services, reports: http({ host: 'reports.shop.example' }) },
    };
    const { reloaded, restarted } = await update(more);
    expect(restarted.toSorted()).toEqual(['application/reports', 'gateway', 'services/reports/sidecar']);
    expect(reloaded).toEqual(['authority']);
    const after = pids();
    const unchanged = [
      'authority',
      'services/orders/sidecar',
      'services/payments/sidecar',
      'services/web/sidecar',
    ];
    for (const part of unchanged) expect(after[part]).toBe(before[part]);
    const token = running.token('people', 'reports', { groups: ['staff'] });
    const reply = await running
      .http1(running.gateway)
      .send(requestBytes('GET', '/reports', 'reports.shop.example', [['authorization', `Bearer ${token}`]]));
    expect(reply.status).toBe(200);

    const pid = after['services/reports/sidecar']!;
    await update(shop());
    expect(isRunning(pid)).toBe(false);
    expect(pids()['services/reports/sidecar']).toBeUndefined();
    expect(Object.keys(running.platform.ready().services)).not.toContain('reports');
  });

  test('that lets a workload call another service gives it a port for that', async () => {
    const before = pids();
    const { restarted } = await update(shop(allow(workload('web')).to('orders', 'GET /orders/{id}')));
    expect(restarted).toEqual(['services/web/sidecar']);
    expect(pids()['gateway']).toBe(before['gateway']);
    const url = new URL(running.platform.ready().services['web']!.upstreams['orders']!);
    const reply = await running
      .http1({ address: url.hostname, port: Number(url.port) })
      .send(requestBytes('GET', '/orders/7', url.host));
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toMatchObject({
      peer: running.platform.plan.services['web']!.sidecar.spiffeId,
    });
  });

  test('that a part refuses is undone everywhere', async () => {
    const before = pids();
    const overlay = { services: { orders: { run: 'echo no such table >&2; exit 4' } } };
    const model: ZeroTrustModel = { ...shop(), access: shop().access!.slice(1) };
    await expect(running.platform.update({ model, overlay })).rejects.toMatchObject({
      code: 'application-not-listening',
      message: expect.stringMatching(/ended with 4[^]*no such table/),
    });
    expect((await running.http1(running.gateway).send(requestBytes('GET', '/', WEB))).status).toBe(200);
    expect(
      (await running.http1(running.gateway).send(requestBytes('GET', '/orders/1', ORDERS, staff()))).status,
    ).toBe(200);
    expect(pids()).toEqual(before);
  });
});

describe('following files', () => {
  test('an edit of the model is applied, a broken one is shown and changes nothing', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'model.json');
    const write = (text: string) => replaceFile(file, text);
    write(JSON.stringify(shop()));
    const events: PlatformEvent[] = [];
    const stop = follow({
      platform: running.platform,
      files: [file],
      load: async () => {
        const { readFileSync } = await import('node:fs');
        return { source: { model: JSON.parse(readFileSync(file, 'utf8')) }, files: [file] };
      },
      onEvent: (event) => events.push(event),
    });
    const connection = await Http1Connection.open(running.gateway);
    const status = async () => (await connection.send(requestBytes('GET', '/', WEB))).status;
    try {
      write('{ "trustDomain": ');
      await eventually(() => events.length === 1, 'the broken edit is shown');
      expect(events[0]).toMatchObject({ kind: 'rejected', what: 'model', error: expect.any(SyntaxError) });
      expect(await status()).toBe(200);

      writeFileSync(file, JSON.stringify({ ...shop(), access: shop().access!.slice(1) }));
      await eventually(() => events.length === 2, 'the edit is applied');
      expect(events[1]).toMatchObject({ kind: 'applied', what: 'model', restarted: [] });
      expect(await status()).toBe(403);

      write(JSON.stringify(shop()));
      await eventually(() => events.length === 3, 'the second edit is applied');
      expect(await status()).toBe(200);
    } finally {
      stop();
      connection.close();
      await update(shop());
    }
  });
});

describe('revocations', () => {
  const until = () => Math.floor(Date.now() / 1000) + 600;
  const ask = async () => (await running.http1(running.gateway).send(requestBytes('GET', '/', WEB))).status;
  const revoke = (document: unknown) => {
    replaceFile(running.platform.revocationsPath, JSON.stringify(document));
    return running.platform.revoke();
  };

  test('close a service at once, an older document is refused, a newer one opens it again', async () => {
    expect(await ask()).toBe(200);
    const closed = { version: 5, entries: [{ kind: 'service', service: 'web', until: until() }] };
    expect(await revoke(closed)).toMatchObject({ restarted: [] });
    expect(await ask()).toBe(403);
    for (const version of [4, 5]) {
      await expect(revoke({ version, entries: [] })).rejects.toMatchObject({ code: 'revocations-older' });
      expect(await ask()).toBe(403);
    }
    await expect(revoke({ version: 6, entries: [{ kind: 'everything' }] })).rejects.toMatchObject({
      code: 'invalid-revocations',
    });
    await expect(
      revoke({
        version: 6,
        entries: Array.from({ length: 1001 }, (_, at) => ({ kind: 'rule', rule: `r${at}`, until: 1 })),
      }),
    ).rejects.toMatchObject({ code: 'too-many-revocations' });
    expect(await ask()).toBe(403);
    await update(shop(allow(user()).to('orders', 'GET /x')));
    expect(await ask()).toBe(403);
    await revoke({ version: 6, entries: [] });
    await update(shop());
    expect(await ask()).toBe(200);
  });
});

test('a restart takes no revocations that were refused before it, and none that are gone', async () => {
  const stateFolder = join(temporaryFolder(), 'state');
  const model: ZeroTrustModel = {
    ...shop(),
    environment: 'restarted',
    identity: {},
    services: { web: http({ host: WEB }) },
    access: [allow(anyone()).to('web', 'GET /')],
  };
  const closed = {
    version: 7,
    entries: [{ kind: 'service', service: 'web', until: Math.floor(Date.now() / 1000) + 600 }],
  };
  const first = await TestPlatform.start(model, { stateFolder });
  const path = first.platform.revocationsPath;
  replaceFile(path, JSON.stringify(closed));
  await first.platform.revoke();
  await first.close();

  replaceFile(path, JSON.stringify({ version: 6, entries: [] }));
  const older = await TestPlatform.start(model, { stateFolder }).then(
    async (platform) => {
      await platform.close();
      return 'started';
    },
    (error: { code?: string }) => error.code,
  );
  expect(older).toBe('revocations-older');

  rmSync(path);
  const again = await TestPlatform.start(model, { stateFolder });
  try {
    expect(again.platform.revocations).toEqual(closed);
    expect((await again.http1(again.gateway).send(requestBytes('GET', '/', WEB))).status).toBe(403);
  } finally {
    await again.close();
  }
});

test('a revocation of what is not there is told: it withdraws nothing', async () => {
  const version = running.platform.revocations.version + 1;
  const until = Math.floor(Date.now() / 1000) + 600;
  const entries = [
    { kind: 'service', service: 'wbe', until },
    { kind: 'service', service: 'web', until },
    { kind: 'rule', rule: 'no-such-rule', until },
    { kind: 'subject', issuer: 'peple', value: 'ada', until },
  ];
  const from = running.events.length;
  replaceFile(running.platform.revocationsPath, JSON.stringify({ version, entries }));
  await running.platform.revoke();
  const told = running.events
    .slice(from)
    .flatMap((event) => (event.kind === 'diagnostics' ? event.diagnostics : []));
  expect(told.map(({ code, path }) => [code, path])).toEqual([
    ['revocation-without-effect', 'revocations.entries[0].service'],
    ['revocation-without-effect', 'revocations.entries[2].rule'],
    ['revocation-without-effect', 'revocations.entries[3].issuer'],
  ]);
  replaceFile(running.platform.revocationsPath, JSON.stringify({ version: version + 1, entries: [] }));
  await running.platform.revoke();
});

describe('revocations of a platform with a part that is broken', () => {
  test('are in force all the same', async () => {
    const folder = temporaryFolder();
    const broken = join(folder, 'broken');
    const serve = `require('http').createServer((_, answer) => answer.end()).listen(process.env.PORT, process.env.HOST)`;
    const run = `test ! -e ${broken} || exit 4; exec '${process.execPath}' -e "${serve}"`;
    await running.platform.update({ model: shop(), overlay: { services: { orders: { run } } } });
    writeFileSync(broken, '');
    const from = running.events.length;
    process.kill(pids()['application/orders']!, 'SIGKILL');
    await eventually(
      () => running.events.slice(from).some((event) => event.kind === 'crashed'),
      'the application is gone',
    );
    const version = running.platform.revocations.version + 1;
    const until = Math.floor(Date.now() / 1000) + 600;
    const revoke = (document: unknown) => {
      replaceFile(running.platform.revocationsPath, JSON.stringify(document));
      return running.platform.revoke();
    };
    const ask = async () => (await running.http1(running.gateway).send(requestBytes('GET', '/', WEB))).status;
    expect(await ask()).toBe(200);
    const { reloaded } = await revoke({ version, entries: [{ kind: 'service', service: 'web', until }] });
    expect(reloaded.toSorted()).toEqual(['gateway', 'services/web/sidecar']);
    expect(await ask()).toBe(403);
    await revoke({ version: version + 1, entries: [] });
    expect(await ask()).toBe(200);
    await update(shop());
  });
});

describe('a part that ends by itself', () => {
  test('an Envoy is reported with its last lines and restarted; meanwhile nothing passes', async () => {
    const { pids: before } = running.platform.ready();
    const from = running.events.length;
    process.kill(before['services/orders/sidecar']!, 'SIGKILL');
    const since = (kind: string) => running.events.slice(from).find((event) => event.kind === kind);
    await eventually(() => since('crashed') !== undefined, 'the end is reported');
    expect(since('crashed')).toMatchObject({ part: 'services/orders/sidecar', exit: { signal: 'SIGKILL' } });
    const client = running.http1(running.gateway);
    const ask = async () => (await client.send(requestBytes('GET', '/orders/1', ORDERS, staff()))).status;
    const seen = new Set<number | undefined>();
    await eventually(async () => {
      const status = await ask();
      seen.add(status);
      return status === 200;
    }, 'the sidecar serves again');
    expect([...seen].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await eventually(() => since('restarted') !== undefined, 'that it is up again is told');
    expect(since('restarted')).toMatchObject({ part: 'services/orders/sidecar' });
    expect(running.platform.ready().pids['services/orders/sidecar']).not.toBe(
      before['services/orders/sidecar'],
    );
  });
});
