import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENVOY_ARGUMENTS, envoyFiles, peersSecret, pointKeys, serverSecret } from '../../lib/envoy/index.js';
import { canonicalJson } from '../../lib/plan/json.js';
import { refsOf, substitute, type Template } from '../../lib/plan/refs.js';
import { type EnvoyBinary, findEnvoy } from '../../local/envoy-binary.js';
import { TestAuthority } from '../engines/support/authority.js';
import { expectGolden } from '../golden.js';
import { minimalPlan, shopPlan } from './models.js';

const plans = { minimal: minimalPlan, shop: shopPlan };

/** Every point of both; of the shop's services one of each protocol is enough. */
const points = [
  ...pointKeys(minimalPlan).map((point) => ['minimal', point] as const),
  ...['gateway', 'services/orders/sidecar', 'services/payments/sidecar'].map((point) => ['shop', point] as const),
];

test.each(points)('the files of the %s model for %s', (name, point) => {
  const files = envoyFiles(plans[name], point);
  const folder = `envoy/${name}/${point.replaceAll('/', '.')}`;
  expectGolden(`${folder}.bootstrap.json`, `${canonicalJson(files.bootstrap, 2)}\n`);
  expectGolden(`${folder}.routes.json`, `${canonicalJson(files.routes, 2)}\n`);
});

describe('Envoy accepts', () => {
  let folder: string;
  let envoy: EnvoyBinary;
  beforeAll(async () => {
    envoy = await findEnvoy();
    folder = mkdtempSync(join(tmpdir(), 'ztp-golden-'));
    const authority = await TestAuthority.create(shopPlan.certificates, shopPlan.trustDomain);
    const leaf = await authority.edge(['www.shop.example']);
    const write = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const root = write('root.pem', authority.root);
    const secret = serverSecret(write('leaf.pem', leaf.certificate), write('leaf.key', leaf.key), folder);
    write('secret.json', JSON.stringify(secret));
    write('peers.json', JSON.stringify(peersSecret({ 'shop.example': root })));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(points)('what is made of the %s model for %s', async (name, point) => {
    const { bootstrap, routes } = envoyFiles(plans[name], point);
    const values = valuesFor([...refsOf(bootstrap), ...refsOf(routes)], folder);
    // Routes that come by a watched file are only read by a running Envoy: here they are part of the bootstrap.
    const [table] = (substitute(routes, values) as { resources: unknown[] }).resources;
    const whole = JSON.stringify(substitute(bootstrap, values), (key, value: unknown) =>
      key === 'rds' ? undefined : hasRds(value) ? { ...value, route_config: withoutType(table) } : value,
    );
    expect(whole).toContain('virtual_hosts');
    for (const text of [JSON.stringify(substitute(bootstrap, values)), whole]) {
      const file = join(folder, 'envoy.json');
      writeFileSync(file, text);
      const args = ['--mode', 'validate', '--config-path', file, ...ENVOY_ARGUMENTS, '--log-level', 'error'];
      const { stdout, stderr } = await run(envoy, folder, args);
      expect(`${stdout}${stderr}`).toMatch(/configuration '.*' OK/);
    }
  });
});

async function run(envoy: EnvoyBinary, folder: string, args: readonly string[]) {
  const command = envoy.docker
    ? ['run', '--rm', '--volume', `${folder}:${folder}`, '--entrypoint', 'envoy', envoy.docker.image, ...args]
    : [...args];
  return await promisify(execFile)(envoy.path, command);
}

function hasRds(value: unknown): value is { rds: unknown } {
  return typeof value === 'object' && value !== null && 'rds' in value;
}

function withoutType(table: unknown): object {
  const { '@type': _, ...configuration } = table as { '@type': string };
  return configuration;
}

/** A value for each ref that is right in kind. */
function valuesFor(refs: readonly string[], folder: string): Record<string, string | number> {
  const value = (name: string, at: number): string | number => {
    if (name.endsWith('/port')) return 20_000 + at;
    if (name.endsWith('/address')) return '127.0.0.1';
    if (name.endsWith('/authority')) return '127.0.0.1:9000';
    if (name.endsWith('/directory')) return folder;
    if (name.endsWith('/ca/path')) return join(folder, 'root.pem');
    if (name.includes('/secrets/')) return join(folder, name.endsWith('/peers') ? 'peers.json' : 'secret.json');
    return join(folder, name.replaceAll('/', '.'));
  };
  return Object.fromEntries(refs.map((name, at) => [name, value(name, at)] as const)) satisfies Record<
    string,
    string | number
  >;
}

/** So that a golden file cannot hide a value that a deployment has to give. */
test('every value that only a deployment knows is a ref', () => {
  for (const [name, point] of points) {
    const { bootstrap, routes } = envoyFiles(plans[name], point);
    const missing: Template[] = [];
    for (const template of [bootstrap, routes]) {
      const text = JSON.stringify(template);
      if (/127\.0\.0\.|\/tmp|\.sock|\.pem/.test(text)) missing.push(template);
    }
    expect(missing).toEqual([]);
  }
});
