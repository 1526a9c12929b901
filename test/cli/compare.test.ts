import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuiltPackage, tooWide } from './built.js';

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
