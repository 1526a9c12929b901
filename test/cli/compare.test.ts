import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import shop from '../../examples/shop/model.js';
import { planText, resolve } from '../../lib/index.js';
import { DeployedPlan, type Tampering } from '../support/deployed-plan.js';
import { BuiltPackage, type Outcome, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const model = readFileSync(join(built.folder, 'examples/shop/model.ts'), 'utf8');
const edited = model
  .replace("allow(staff).to('web', 'GET /admin/**')", "allow(employee).to('web', 'GET /admin/**')")
  .replace('198.51.100.0/24', '198.51.100.0/25');

test('two models that decide differently: an example of each difference, and exit code 1', () => {
  const file = built.write('examples/shop/edited.ts', edited);
  const { status, stdout, stderr } = built.ztp(['compare', 'examples/shop/model.ts', file]);
  expect([status, stderr]).toEqual([1, '']);
  expect(stdout).toContain('opened  GET https://www.shop.example/admin\n');
  expect(stdout).toContain('closed  GET https://reports.shop.example/reports/board\n');
  expect(stdout).toMatch(/2 differences: 1 opened, 1 closed, of \d+ abstract requests\.\n$/);
  expect(tooWide(stdout)).toEqual([]);
  const markdown = built.ztp(['compare', 'examples/shop/model.ts', file, '--markdown']).stdout;
  expect(markdown).toContain('| opened | `GET https://www.shop.example/admin` |');
  const json = built.ztp(['compare', 'examples/shop/model.ts', file, '--json']);
  expect([json.status, JSON.parse(json.stdout)]).toEqual([
    1,
    expect.objectContaining({ isExact: true, sampled: [] }),
  ]);
});

test('the same in other words is no difference: exit code 0', () => {
  const file = built.write('examples/shop/renamed.ts', model.replaceAll(".named('admin')", ''));
  const { status, stdout } = built.ztp(['compare', 'examples/shop/model.ts', file]);
  expect([status, stdout]).toEqual([0, 'Both admit the same requests.\n']);
});

test('of a token that one model does not take, the audience and the header are said', () => {
  const parts =
    "trustDomain: 'x.example', environment: 'dev', services: { web: http({ host: 'www.x.example' }) }";
  const file = (name: string, algorithm: string) =>
    built.write(
      name,
      `import { allow, http, oidc, user } from 'zero-trust-platform';
export default { ${parts}, access: [allow(user()).to('web', 'GET /a')], identity: { providers: { people:
  oidc({ issuer: 'https://people.example', jwksUri: 'https://people.example/jwks', algorithms: ['${algorithm}'] }) } } };
`,
    );
  const { status, stdout } = built.ztp(['compare', file('rs.ts', 'RS256'), file('es.ts', 'ES256')]);
  expect([status, tooWide(stdout)]).toEqual([1, []]);
  expect(stdout.replace(/\s+/g, ' ')).toContain('aud "https://www.x.example", alg "RS256" before allow by');
});

test('a row that is left out is counted in the one that contains it', () => {
  const file = built.write(
    'examples/shop/open.ts',
    model.replace("allow(staff).to('web', 'GET /admin/**')", "allow(anyone()).to('web', 'GET /admin/**')"),
  );
  const { stdout } = built.ztp(['compare', 'examples/shop/model.ts', file]);
  expect(stdout).toMatch(
    /a client without a token\n(?: {2}.*\n)+ {2}within {2}\d further rows?: the same for some/,
  );
  const markdown = built.ztp(['compare', 'examples/shop/model.ts', file, '--markdown']).stdout;
  expect(markdown).toMatch(/\| a client without a token; \d further rows?: the same for some of them/);
});

test('what decides and has no caller to ask is a line of its own: exit code 1', () => {
  const file = built.write(
    'examples/shop/moved.ts',
    model.replace(/trustDomain: '[^']+'/, "trustDomain: 'x.example'"),
  );
  const { status, stdout } = built.ztp(['compare', 'examples/shop/model.ts', file]);
  expect([status, tooWide(stdout)]).toEqual([1, []]);
  expect(stdout).toMatch(/^changed besides: trustDomain, from "\S+" to\s+"local\.\S*x\.example"$/m);
  expect(stdout).not.toContain('Both admit the same requests');
});

test('a model with an error: exit code 2', () => {
  const { status, stdout, stderr } = built.ztp(['compare', 'examples/shop/model.ts', 'nowhere.ts']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('error model-file-not-found at nowhere.ts');
});

describe('ztp diff, with what was deployed', () => {
  const deployed = planText(resolve(shop, { engine: 'aws' }));
  const SHOP = 'examples/shop/model.ts';
  const changed = built.write(
    'changed.yaml',
    `extends: ${SHOP}
firewall: { maxConnections: 7 }
access:
  admin: { principals: [{ kind: user, issuer: people }] }
`,
  );

  /** Not synchronously: AWS is this process. */
  async function diff(words: readonly string[], tampering?: Tampering): Promise<Outcome> {
    const aws = await DeployedPlan.serve(deployed, tampering);
    const { promise, resolve: done } = Promise.withResolvers<Outcome>();
    const env = { ...process.env, ...aws.environment, NO_COLOR: '1' };
    const args = [join(built.folder, 'dist/cli/ztp.js'), 'diff', ...words];
    const child = execFile(process.execPath, args, { cwd: built.folder, env }, (_error, stdout, stderr) =>
      done({ status: child.exitCode, stdout, stderr }),
    );
    const outcome = await promise;
    aws.close();
    expect(tooWide(outcome.stderr)).toEqual([]);
    return outcome;
  }

  test('what was deployed decides as the model does: exit code 0', async () => {
    const { status, stdout, stderr } = await diff([SHOP]);
    expect([status, stderr, stdout]).toEqual([0, '', 'Both admit the same requests.\n']);
  });

  test('what a deployment would change: who may do what, and limits', async () => {
    const { status, stdout, stderr } = await diff([changed]);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain('opened  GET https://www.shop.example/admin\n');
    expect(stdout).toContain('limit: firewall.maxConnections, from 10000 to 7\n');
    const json = await diff([changed, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      isSame: false,
      limits: [{ path: 'firewall.maxConnections', before: 10_000, after: 7 }],
    });
  });

  test('a plan that is at hand, of any engine, asks nobody', async () => {
    const file = built.write('plan.json', planText(resolve(shop)));
    expect(built.ztp(['diff', SHOP, '--deployed', file])).toMatchObject({ status: 0, stderr: '' });
    expect(built.ztp(['diff', changed, '--deployed', file]).status).toBe(1);
  });

  test.each<[string, readonly string[], Tampering, string]>([
    ['other bytes', [SHOP], { stored: deployed.replaceAll('staff', 'guests') }, 'plan-hash'],
    ['one byte more', [SHOP], { stored: `${deployed} ` }, 'plan-hash'],
    ['another parameter', [SHOP, '--parameter', '/other'], {}, 'plan-record-not-found'],
    ['a parameter of another form', [SHOP], { parameter: '{"bucket":"plans"}' }, 'plan-record'],
    [
      'an object that is not there',
      [SHOP],
      { parameter: JSON.stringify({ bucket: 'plans', key: 'x', sha256: 'a'.repeat(64) }) },
      'aws-refused',
    ],
  ])('%s: refused, exit code 2', async (_, words, tampering, code) => {
    const { status, stdout, stderr } = await diff(words, tampering);
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining(`error ${code} `)]);
  });

  test('a file that is no plan, and no AWS', () => {
    const noPlan = built.ztp(['diff', SHOP, '--deployed', 'package.json']);
    expect([noPlan.status, noPlan.stderr]).toEqual([
      2,
      expect.stringContaining('error invalid-plan at package.json'),
    ]);
    const nobody = built.ztp(['diff', SHOP, '--region', 'eu-central-1']);
    expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringContaining('error aws-unreachable')]);
  });
});

test.each([
  ['a model with an error', ['broken.json', 'broken.json'], 'error invalid-name'],
  ['a file that is not there', ['none.json', 'none.json'], 'error '],
  ['a command line that cannot be read', ['a.ts', 'b.ts', '--markdwn'], 'error unknown-option'],
])('where nothing is compared, for %s, the exit code is 2 and not that of a difference', (_, words, said) => {
  const services = { Web: { protocol: 'http', host: 'www.shop.example' } };
  built.write('broken.json', JSON.stringify({ trustDomain: 'shop.example', environment: 'dev', services }));
  const { status, stdout, stderr } = built.ztp(['compare', ...words]);
  expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining(said)]);
});
