import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import shop from '../../../examples/shop/model.js';
import { tcp } from '../../../lib/model/index.js';
import { decisionLogProviders, decisionLogTelemetry } from '../../../lib/kubernetes/decision-log.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import { faultOfLine } from '../support/decision-log.js';

// The formats and filters of the mesh's decision log, as Istio hands them to a sidecar, on a real Envoy.

const plan = resolve({ ...shop, services: { ...shop.services, ledger: tcp() } }, { engine: 'kubernetes' });
const type = (name: string) => `type.googleapis.com/envoy.extensions.${name}`;
const folder = mkdtempSync(join(tmpdir(), 'mesh-log-'));
const log = join(folder, 'decisions.log');
let envoy: ChildProcess | undefined;
let port: number;
let connections: number;
const echo = createServer((socket) => socket.pipe(socket).on('error', () => {}));

beforeAll(async () => {
  port = await freePort();
  connections = await freePort();
  await new Promise<void>((done) => echo.listen(0, '127.0.0.1', () => done()));
  writeFileSync(join(folder, 'bootstrap.json'), JSON.stringify(bootstrap()));
  const { path } = await findEnvoy();
  envoy = spawn(
    path,
    [
      '--config-path',
      join(folder, 'bootstrap.json'),
      '--disable-hot-restart',
      '--log-level',
      'error',
      '--file-flush-interval-msec',
      '50',
    ],
    {
      env: { SERVICE_ACCOUNT: 'orders' },
      stdio: 'inherit',
    },
  );
  for (let tries = 0; tries < 300; tries += 1) {
    if (await send('GET /open HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n').catch(() => '')) return;
    await sleep(100);
  }
});
afterAll(() => {
  envoy?.kill('SIGKILL');
  echo.close();
  rmSync(folder, { recursive: true });
});

test('each request is one line of the public schema, whatever became of it', async () => {
  const ask = (path: string, more = '') =>
    send(`GET ${path} HTTP/1.1\r\nhost: x\r\n${more}connection: close\r\n\r\n`);
  expect(await ask('/open?secret=1', 'traceparent: 00-1\r\n')).toMatch(/^HTTP\/1.1 200/);
  expect(await ask('/other')).toMatch(/^HTTP\/1.1 403/);
  expect(await ask('/open/denied')).toMatch(/^HTTP\/1.1 403/);
  // Refused before any rule is asked: nothing that a filter looks at is there.
  expect(await ask('/open', 'with_underscore: 1\r\n')).toMatch(/^HTTP\/1.1 400/);
  const lines = await written(4);
  expect(lines.map((line) => faultOfLine(JSON.stringify(line)))).toEqual(lines.map(() => undefined));
  const common = { version: 1, point: 'services/orders/sidecar', service: 'orders' };
  expect(lines).toMatchObject([
    {
      ...common,
      decision: 'allow',
      status: 200,
      path: '/open',
      traceparent: '00-1',
      reason: 'ns[shop]-policy[orders-allow]',
    },
    {
      ...common,
      decision: 'refuse',
      status: 403,
      path: '/other',
      reason: expect.stringContaining('rbac_access_denied'),
    },
    { ...common, decision: 'refuse', status: 403, path: '/open/denied' },
    { ...common, decision: 'refuse', status: 400 },
  ]);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('each connection that was judged is one line, and none of a request', async () => {
  const before = (await written(0)).length;
  const say = (from: string, text: string) =>
    new Promise<string>((done) => {
      const socket = connect({ port: connections, host: '127.0.0.1', localAddress: from });
      let heard = '';
      socket.on('connect', () => (text === '' ? socket.end() : socket.write(text)));
      socket.on('data', (bytes) => ((heard = bytes.toString()), socket.end()));
      socket.on('close', () => done(heard));
      socket.on('error', () => {});
    });
  expect(await say('127.0.0.2', 'hello')).toBe('hello');
  expect(await say('127.0.0.3', 'hello')).toBe('');
  const lines = (await written(before + 2)).slice(before);
  expect(lines.map((line) => faultOfLine(JSON.stringify(line)))).toEqual([undefined, undefined]);
  const common = { point: 'services/orders/sidecar', service: 'orders', operation: 'tcp' };
  expect(lines).toMatchObject([
    { ...common, decision: 'allow', status: 200 },
    { ...common, decision: 'refuse', status: 403, reason: expect.stringContaining('rbac_access_denied') },
  ]);
});

/** What was written after the request of `beforeAll`. */
async function written(count: number): Promise<Record<string, unknown>[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
    if (lines.length > count)
      return lines.slice(1).map((line) => JSON.parse(line) as Record<string, unknown>);
    await sleep(50);
  }
  throw new Error(`the log has too few lines:\n${readFileSync(log, 'utf8')}`);
}

function bootstrap(): object {
  const { accessLogging } = decisionLogTelemetry(plan).spec;
  const providers = decisionLogProviders(plan) as {
    name: string;
    envoyFileAccessLog: { logFormat: { labels: object } };
  }[];
  const formatOf = (name: string) =>
    providers.find((each) => each.name === name)!.envoyFileAccessLog.logFormat;
  const accessLog = accessLogging.map(({ providers: [provider], filter: { expression } }) => ({
    name: 'envoy.access_loggers.file',
    filter: {
      extension_filter: {
        name: 'envoy.access_loggers.extension_filters.cel',
        typed_config: { '@type': type('access_loggers.filters.cel.v3.ExpressionFilter'), expression },
      },
    },
    typed_config: {
      '@type': type('access_loggers.file.v3.FileAccessLog'),
      path: log,
      log_format: {
        json_format: formatOf(provider!.name).labels,
        omit_empty_values: true,
      },
    },
  }));
  const rbac = (action: 'ALLOW' | 'DENY', name: string, prefix: string) => ({
    name: 'envoy.filters.http.rbac',
    typed_config: {
      '@type': type('filters.http.rbac.v3.RBAC'),
      rules: {
        action,
        policies: {
          [name]: {
            permissions: [{ url_path: { path: { prefix } } }],
            principals: [{ any: true }],
          },
        },
      },
    },
  });
  return {
    static_resources: {
      clusters: [
        {
          name: 'ledger',
          load_assignment: {
            cluster_name: 'ledger',
            endpoints: [
              { lb_endpoints: [{ endpoint: { address: loopback((echo.address() as AddressInfo).port) } }] },
            ],
          },
        },
      ],
      listeners: [
        {
          name: 'connections',
          address: loopback(connections),
          filter_chains: [
            {
              filters: [
                {
                  name: 'envoy.filters.network.rbac',
                  typed_config: {
                    '@type': type('filters.network.rbac.v3.RBAC'),
                    stat_prefix: 'tcp.',
                    rules: {
                      policies: {
                        'ns[shop]-policy[ledger-allow]': {
                          permissions: [{ any: true }],
                          principals: [{ direct_remote_ip: { address_prefix: '127.0.0.2', prefix_len: 32 } }],
                        },
                      },
                    },
                  },
                },
                {
                  name: 'envoy.filters.network.tcp_proxy',
                  typed_config: {
                    '@type': type('filters.network.tcp_proxy.v3.TcpProxy'),
                    stat_prefix: 'inbound',
                    cluster: 'ledger',
                    access_log: accessLog,
                  },
                },
              ],
            },
          ],
        },
        {
          name: 'inbound',
          address: loopback(port),
          filter_chains: [
            {
              filters: [
                {
                  name: 'envoy.filters.network.http_connection_manager',
                  typed_config: {
                    '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'),
                    stat_prefix: 'inbound',
                    common_http_protocol_options: { headers_with_underscores_action: 'REJECT_REQUEST' },
                    access_log: accessLog,
                    http_filters: [
                      rbac('DENY', 'ns[shop]-policy[orders-deny]', '/open/denied'),
                      rbac('ALLOW', 'ns[shop]-policy[orders-allow]', '/open'),
                      { name: 'router', typed_config: { '@type': type('filters.http.router.v3.Router') } },
                    ],
                    route_config: {
                      virtual_hosts: [
                        {
                          name: 'all',
                          domains: ['*'],
                          routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }],
                        },
                      ],
                    },
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  };
}

function loopback(at: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: at } };
}

function send(text: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('end', () => done(answer));
    socket.on('error', fail);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return free;
}
