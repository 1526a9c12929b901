import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { envoyFiles } from '../../../lib/envoy/index.js';
import { allow as allowing, anyone, defineZeroTrust, http, resolve } from '../../../lib/index.js';
import { programSize } from '../../../lib/policy/compile/abilities/envoy.js';
import { MAX_PROGRAM_SIZE, routePolicies } from '../../../lib/policy/compile/envoy/index.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import { dockerLaunch } from '../../../local/envoy-docker.js';
import { allow, policy } from '../fixture.js';

const directory = mkdtempSync(join(tmpdir(), 'ztp-program-size-'));

const plan = resolve(
  defineZeroTrust({
    trustDomain: 'acme.example',
    environment: 'dev',
    services: { web: http({ host: 'www.acme.example' }) },
    access: [allowing(anyone()).to('web', 'GET /')],
  }),
);
/** As every point has it. */
const LIMIT = (envoyFiles(plan, 'gateway').bootstrap as { layered_runtime: unknown }).layered_runtime;

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** The program sizes that the real Envoy names when it refuses the rule's own policies; none if it loads them. */
async function refusedSize(operation: `GET /${string}`): Promise<number | undefined> {
  const rule = allow('rule', { operations: [operation] });
  const point = { kind: 'gateway', policy: policy([rule]) } as const;
  const compiled = routePolicies(point, 'orders', [{ rule, operations: [operation] }], []);
  const filters = 'type.googleapis.com/envoy.extensions.filters';
  const manager = {
    '@type': `${filters}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'inbound',
    route_config: { name: 'none' },
    http_filters: [
      {
        name: 'rbac',
        typed_config: {
          '@type': `${filters}.http.rbac.v3.RBAC`,
          rules: { action: 'ALLOW', policies: compiled.allow },
        },
      },
      { name: 'router', typed_config: { '@type': `${filters}.http.router.v3.Router` } },
    ],
  };
  const address = { socket_address: { address: '127.0.0.1', port_value: 0 } };
  const chain = { filters: [{ name: 'http', typed_config: manager }] };
  const bootstrap = {
    layered_runtime: LIMIT,
    static_resources: { listeners: [{ name: 'l', address, filter_chains: [chain] }] },
  };
  const file = join(directory, 'envoy.json');
  writeFileSync(file, JSON.stringify(bootstrap));
  const args = ['--mode', 'validate', '-c', file];
  const envoy = await findEnvoy();
  const launch = envoy.docker
    ? dockerLaunch(envoy.docker, directory, args)
    : { command: envoy.path, args, cleanUp: undefined };
  try {
    await promisify(execFile)(launch.command, [...launch.args]);
    return undefined;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    return Number(/RE2 program size of ([0-9]+)/.exec(said)?.[1]);
  } finally {
    await launch.cleanUp?.();
  }
}

test('a path that fits by our count is loaded by the real Envoy, and one that does not is refused, by the same count', async () => {
  const text = (length: number) => 'a'.repeat(length);
  const operations = [
    `GET /${text(991)}/{x}`,
    `GET /${text(992)}/{x}`,
    `GET /{x}/${text(986)}/**`,
    `GET /{x}/${text(987)}/**`,
    `GET /${text(4000)}/**`,
    `GET /{a}/${text(20)}/{b}/${text(20)}/{c}/v1.0-x_y~z/${text(940)}/**`,
    `GET /{a}/${text(500)}.${text(500)}/{b}`,
    `GET /${'x.y/'.repeat(400)}{x}/**`,
    `GET /${text(4000)}`,
    'GET /subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/{type}/{name}/diagnosticSettings',
  ] as const;
  for (const operation of operations) {
    const size = programSize(policy([]), 'orders', allow('rule', { operations: [operation] }));
    expect([operation, await refusedSize(operation)]).toEqual([
      operation,
      size > MAX_PROGRAM_SIZE ? size : undefined,
    ]);
  }
});
