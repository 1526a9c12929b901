import { join } from 'node:path';
import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const [MODEL, DEV, STAGE, PRODUCTION] = [
  'examples/shop/model.ts',
  'examples/environments/dev.yaml',
  'examples/environments/stage.yaml',
  'examples/environments/production.yaml',
];

test('every environment of the example is a model for every command', () => {
  for (const file of [DEV, STAGE, PRODUCTION]) {
    const { status, stdout, stderr } = built.ztp(['check', file, '--engine', 'aws']);
    expect([status, stderr, stdout]).toEqual([0, '', expect.stringContaining(file)]);
  }
  const { stdout } = built.ztp(['plan', STAGE, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    environment: 'stage',
    services: { orders: { authority: 'orders.stage.shop.example' }, payments: { protocol: 'grpc' } },
  });
  const words = ['explain', STAGE, '--request', 'GET https://orders.stage.shop.example/orders'];
  const explained = built.ztp([...words, '--as', 'user:people', '--groups', 'testers', '--json']);
  expect(JSON.parse(explained.stdout)).toMatchObject({ outcome: 'admitted' });
});

test('the tests of a policy run against an environment', () => {
  const tests = built.write(
    'stage.test.yaml',
    `model: ${STAGE}
tests:
  - request: GET https://orders.stage.shop.example/orders
    who: { user: people, groups: [testers] }
    expect: allow
    rule: list-orders
`,
  );
  expect(built.ztp(['test', tests])).toMatchObject({ status: 0, stderr: '' });
});

test('two environments compared by their names: who may do what, and each name', () => {
  const { status, stdout, stderr } = built.ztp(['compare', STAGE, PRODUCTION, '--environments']);
  expect([status, stderr, tooWide(stdout)]).toEqual([1, '', []]);
  expect(stdout).toContain('closed  GET https://orders.stage.shop.example/orders\n');
  expect(stdout).toContain('opened  POST https://refunds.stage.shop.example/refunds/x\n');
  expect(stdout).toMatch(/allow by break-glass/);
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'named: services.web.host, from "www.stage.shop.example" to "www.shop.example"',
  );
  expect(stdout).toContain('limit: firewall.maxConnections');
  expect(stdout).not.toContain('changed besides');
});

test('an overlay for an incident opens the emergency rule until its instant, and says so', () => {
  const path = built.write(
    'incident.json',
    JSON.stringify({
      extends: join(process.cwd(), PRODUCTION),
      access: { 'break-glass': { until: '2029-01-01T00:00:00Z' } },
    }),
  );
  const { status, stdout } = built.ztp(['compare', PRODUCTION, path]);
  expect(status).toBe(1);
  const lines = stdout.replace(/\s+/g, ' ');
  expect(lines).toContain('closed POST https://refunds.shop.example/refunds/x');
  expect(lines).toContain('from 2029-01-01T00:00:00.000Z on, until 2030-01-01T00:00:00.000Z');
});

test('compared as they are, every request differs, and a notice says how to do it', () => {
  const { stderr } = built.ztp(['compare', MODEL, PRODUCTION]);
  expect(stderr).toContain('notice: dev and production are two environments: --environments');
});

describe('errors', () => {
  const check = (name: string, text: string) => {
    const { status, stderr } = built.ztp(['check', built.write(name, text)]);
    expect([status, tooWide(stderr)]).toEqual([1, []]);
    return stderr;
  };

  test('a service that is not there: the place in the file, and what was meant', () => {
    const stderr = check('a.yaml', `extends: ${MODEL}\nservices:\n  web: {}\n  ordes: { host: x.example }\n`);
    expect(stderr).toContain('error unknown-service at a.yaml:4:3 services.ordes');
    expect(stderr).toContain('did you mean "orders"?');
  });

  test('a misspelt member of a rule: the place where it is written, and not that of the rule in the model', () => {
    built.write(
      'base.yaml',
      'trustDomain: x.example\nenvironment: dev\nservices: { web: { protocol: http, host: w.example } }\naccess:\n  - { effect: allow, principals: [{ kind: anyone }], service: web, operations: [GET /a], name: a }\n  - { effect: allow, principals: [{ kind: anyone }], service: web, operations: [GET /b], name: b }\n',
    );
    const changed = 'extends: base.yaml\naccess:\n  a: null\n  b:\n    wen: []\n';
    expect(check('b.yaml', changed)).toContain('error unknown-key at b.yaml:5:5 access[0].wen');
    // An element of the model itself, through two files.
    built.write('c.yaml', 'extends: base.yaml\naccess: { a: null }\n');
    const further = 'extends: c.yaml\nservices: { web: { protocol: tcp, host: null } }\n';
    expect(check('d.yaml', further)).toContain('base.yaml:6:');
  });

  test.each([
    ['itself', 'e.yaml', 'extends: e.yaml\n', 'the file extends itself'],
    ['no file', 'f.yaml', 'extends: 7\n', '`extends` names no model file'],
    ['a file that is not there', 'g.json', '{ "extends": "nowhere.ts" }', 'model-file-not-found'],
  ])('%s', (_, name, text, message) => {
    expect(check(name, text)).toContain(message);
  });
});
