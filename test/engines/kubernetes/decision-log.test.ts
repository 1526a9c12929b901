import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import shop from '../../../examples/shop/model.js';
import { decisionLogLine, LOG_FILTERS } from '../../../lib/kubernetes/decision-log.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import { faultOfLine } from '../support/decision-log.js';

// The formats and filters of the mesh's decision log, as Istio hands them to a sidecar, on a real Envoy.

const plan = resolve(shop, { engine: 'kubernetes' });
const type = (name: string) => `type.googleapis.com/envoy.extensions.${name}`;
const folder = mkdtempSync(join(tmpdir(), 'mesh-log-'));
const log = join(folder, 'decisions.log');
let envoy: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
  port = await freePort();
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

/** What was written after the request of `beforeAll`. */
async function written(count: number): Promise<Record<string, unknown>[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
    if (lines.length > count)
      return lines.slice(-count).map((line) => JSON.parse(line) as Record<string, unknown>);
    await sleep(50);
  }
  throw new Error(`the log has too few lines:\n${readFileSync(log, 'utf8')}`);
}

function bootstrap(): object {
  const accessLog = (['allow', 'refuse'] as const).map((decision) => ({
    name: 'envoy.access_loggers.file',
    filter: {
      extension_filter: {
        name: 'envoy.access_loggers.extension_filters.cel',
        typed_config: {
          '@type': type('access_loggers.filters.cel.v3.ExpressionFilter'),
          expression: LOG_FILTERS[decision],
        },
      },
    },
    typed_config: {
      '@type': type('access_loggers.file.v3.FileAccessLog'),
      path: log,
      log_format: { json_format: decisionLogLine(plan, decision), omit_empty_values: true },
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
      listeners: [
        {
          name: 'inbound',
          address: { socket_address: { address: '127.0.0.1', port_value: port } },
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
