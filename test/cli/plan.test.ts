import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import shop from '../../examples/shop/model.js';
import { planText, resolve } from '../../lib/index.js';
import { expectGolden } from '../golden.js';
import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const MODEL = 'examples/shop/model.ts';

test('the summary has every point, issuer and rule, at 80 columns', () => {
  const { status, stdout, stderr } = built.ztp(['plan', MODEL]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expectGolden('cli/plan-shop.txt', stdout);
  expect(tooWide(stdout)).toEqual([]);
  for (const rule of Object.values(resolve(shop).policy.services).flatMap(({ rules }) => rules)) {
    expect(stdout).toContain(`  ${rule.id}`);
  }
});

test('as JSON it is the plan itself, byte for byte', () => {
  expect(built.ztp(['plan', MODEL, '--json']).stdout).toBe(planText(resolve(shop)));
  const aws = built.ztp(['plan', MODEL, '--json', '--engine', 'aws']).stdout;
  expect(aws).toBe(planText(resolve(shop, { engine: 'aws' })));
});

test.each([
  ['local', ''],
  ['aws', ''],
  ['kubernetes', ''],
  ...['google', 'azure'].map((engine) => [
    engine,
    `notice: No construct deploys ${engine} yet; this plan is for review only.\n`,
  ]),
])('%s: a plan that no construct deploys is given with a notice, and so is a check', (engine, notice) => {
  const { status, stdout, stderr } = built.ztp(['plan', MODEL, '--json', '--engine', engine!]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: notice });
  expect(JSON.parse(stdout)).toMatchObject({ engine });
  expect(built.ztp(['check', MODEL, '--json', '--engine', engine!]).stderr).toBe(notice);
});

test('a model with an error gives no plan', () => {
  const model = built.write(
    'bad.json',
    '{ "trustDomain": "acme.example", "environment": "dev", "services": 1 }',
  );
  const { status, stdout, stderr } = built.ztp(['plan', model, '--json']);
  expect(stderr).toMatch(/^error [a-z-]+ at bad\.json:1:\d+ services: /);
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test('colour is for terminals: none in a pipe, and none where NO_COLOR says so', () => {
  const escape = '\u001b[';
  expect(built.ztp(['plan', MODEL]).stdout).not.toContain(escape);
  expect(built.ztp(['plan', MODEL], { env: { FORCE_COLOR: '1' } }).stdout).toContain(escape);
  expect(built.ztp(['plan', MODEL], { env: { NO_COLOR: '1' } }).stdout).not.toContain(escape);
});

test('a reader that leaves early is no error', () => {
  const script = `"${process.execPath}" dist/cli/ztp.js plan ${MODEL} --json | head -c 1; echo " $\{PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: join(built.folder), encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: '{ 0\n', stderr: '' });
});
