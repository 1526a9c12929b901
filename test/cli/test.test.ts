import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const TESTS = `model: examples/shop/model.ts
at: 2026-11-23T12:00:00Z
tests:
  - name: anyone sees an order & <more>
    request: GET https://orders.shop.example/orders/17
    expect: allow
    rule: see-order

  - request: GET https://orders.shop.example/orders/17
    who: user:people
    expect: allow
  - request: GET https://orders.shop.example/orders/17
    who: user:peple
    expect: allow
`;

test('the tests of the shop pass, with every rule and condition met', () => {
  const { status, stdout, stderr } = built.ztp(['test', 'examples/shop/policy.test.yaml', '--coverage']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^examples\/shop\/policy\.test\.yaml: 50 passed \(\d+ ms\)\n/);
  expect(stdout).toMatch(/decided a test: +24 of 24\n.*without it: +48 of 48\n$/);
});

test('a test that fails is named by file and line, with what was decided and why', () => {
  const file = built.write('fails.test.yaml', TESTS);
  const { status, stdout } = built.ztp(['test', file, '--junit', 'results.xml']);
  expect(status).toBe(1);
  expect(stdout).toContain('failed fails.test.yaml:4:5: anyone sees an order');
  expect(stdout).toContain('expected: allow by see-order\n  decided:  tokenRequired, at gateway');
  expect(stdout).toContain('error unknown-provider at fails.test.yaml:12:5 tests[2]');
  expect(stdout).toContain('fails.test.yaml: 1 passed, 2 failed');
  expect(tooWide(stdout)).toEqual([]);
  const xml = readFileSync(join(built.folder, 'results.xml'), 'utf8');
  expect(xml).toContain('<testsuite name="fails.test.yaml" tests="3" failures="1" errors="1"');
  expect(xml).toContain('<testcase name="anyone sees an order &amp; &lt;more&gt;"');
  expect(xml.match(/<testcase/g)).toHaveLength(3);
});

test('what is no test is refused by file and line', () => {
  const file = built.write(
    'wrong.test.yaml',
    TESTS.replace('expect: allow\n    rule', 'expct: allow\n    rule'),
  );
  const { status, stderr } = built.ztp(['test', file]);
  expect(status).toBe(1);
  expect(stderr).toContain('error unknown-key at wrong.test.yaml:6:5 tests[0].expct');
  expect(stderr).toContain('did you mean "expect"?');
  const syntax = built.ztp(['test', built.write('syntax.test.yaml', 'tests:\n  - a: [\n')]);
  expect(syntax.stderr).toContain('error test-file-syntax at syntax.test.yaml:');
  expect(built.ztp(['test', 'nowhere.yaml']).stderr).toContain('error test-file-not-found at nowhere.yaml');
  const noModel = built.write(
    'list.test.json',
    JSON.stringify([{ request: 'GET https://a.b/', expect: 'allow' }]),
  );
  expect(built.ztp(['test', noModel]).stderr).toContain('error no-model at list.test.json');
  const named = built.ztp(['test', noModel, '--model', 'examples/shop/model.ts']);
  expect([named.status, named.stdout]).toEqual([1, expect.stringContaining('decided:  forbidden')]);
});

test('tests in TypeScript carry their model', () => {
  const file = built.write(
    'policy.test.ts',
    `import { definePolicyTests } from 'zero-trust-platform';
import model from './examples/shop/model.ts';
export default definePolicyTests({
  model,
  tests: [{ request: 'GET https://www.shop.example/', expect: 'allow', rule: 'window' }],
});
`,
  );
  const { status, stdout, stderr } = built.ztp(['test', file, '--json']);
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ passed: true, files: [{ results: [{ passed: true }] }] });
});

test('--watch runs the tests again after an edit', async () => {
  const text = TESTS.replace('user:peple', 'user:people').replace('rule: see-order', 'rule: none');
  const file = built.write('watched.test.yaml', text);
  const child = spawn(process.execPath, [join(built.folder, 'dist/cli/ztp.js'), 'test', file, '--watch'], {
    cwd: built.folder,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const seen = async (wanted: string) => {
    while (!output.includes(wanted)) await new Promise((done) => child.stdout.once('data', done));
  };
  try {
    await seen('2 passed, 1 failed');
    await seen('Waiting for an edit');
    writeFileSync(join(built.folder, file), text.replace('expect: allow', 'expect: tokenRequired'));
    await seen('3 passed');
  } finally {
    child.kill('SIGKILL');
  }
});
