import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const broken = JSON.stringify({
  trustDomain: 'acme.example',
  environment: 'dev',
  services: { web: { protocol: 'http', host: 'www.acme.example' } },
  access: [
    { effect: 'allow', principals: [{ kind: 'anyone' }], service: 'wbe', operations: ['GET /'] },
    { effect: 'allow', principals: [{ kind: 'anyone' }], service: 'web', operations: ['GET /a/'] },
  ],
});

test('a model without a finding', () => {
  expect(built.ztp(['check', 'examples/shop/model.ts'])).toEqual({
    status: 0,
    stdout: 'examples/shop/model.ts: no findings\n',
    stderr: '',
  });
});

test('errors are on standard error, each with code, path, and what to do; the count is the answer', () => {
  const { status, stdout, stderr } = built.ztp(['check', built.write('broken.json', broken)]);
  expect(stderr).toContain('error unknown-service at broken.json:1:177 access[0].service');
  expect(stderr).toContain('found:    "wbe"');
  expect(stderr).toContain('at broken.json:1:298 access[1].operations[0]');
  expect(stdout).toBe('broken.json: 2 errors\n');
  expect(status).toBe(1);
});

test('as JSON: whether it is valid, and every finding', () => {
  const { status, stdout, stderr } = built.ztp(['check', built.write('broken.json', broken), '--json']);
  const { valid, diagnostics } = JSON.parse(stdout) as { valid: boolean; diagnostics: { path: string }[] };
  expect(valid).toBe(false);
  expect(diagnostics.map(({ path }) => path)).toEqual(['access[0].service', 'access[1].operations[0]']);
  expect(stderr).toBe('');
  expect(status).toBe(1);
});

test('a finding of YAML and of JSON has its line and column, of an element that is missing those around it', () => {
  const yaml = `trustDomain: acme.example
services:
  web: { protocol: http, hots: www.acme.example }
access:
  - effect: allow
    principals: [{ kind: anyone }]
    operations: [GET /]
`;
  const lines = (name: string, text: string) =>
    built
      .ztp(['check', built.write(name, text)])
      .stderr.split('\n')
      .filter((line) => line.startsWith('error '))
      .map((line) => line.split(' ').slice(1, 5).join(' '));
  expect(lines('place.yaml', yaml)).toEqual([
    'missing at environment: this',
    'unknown-key at place.yaml:3:26 services.web.hots:',
    'missing at place.yaml:5:5 access[0].service:',
  ]);
  const json = '{\n\t"trustDomain": "acme.example",\n\t"environment": 7,\n\t"services": {}\n}';
  expect(lines('place.json', json)).toEqual(['wrong-type at place.json:3:2 environment:']);
});

test('a file that cannot be loaded is a finding as well', () => {
  const { status, stdout } = built.ztp(['check', 'missing.ts', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ valid: false, diagnostics: [{ code: 'model-file-not-found' }] });
  expect(status).toBe(1);
});

test('a provider that no rule reaches is a warning, printed once, and no failure', () => {
  const model = {
    trustDomain: 'acme.example',
    environment: 'dev',
    identity: {
      providers: {
        people: { kind: 'oidc', issuer: 'https://id.acme.example', jwksUri: 'https://id.acme.example/jwks' },
      },
    },
    services: { web: { protocol: 'http', host: 'www.acme.example' } },
    access: [{ effect: 'allow', principals: [{ kind: 'anyone' }], service: 'web', operations: ['GET /'] }],
  };
  const { status, stdout, stderr } = built.ztp(['check', built.write('idle.json', JSON.stringify(model))]);
  expect(stdout.match(/^warning /gm)).toHaveLength(1);
  expect(stdout).toContain('at idle.json:1:76 identity.providers.people');
  expect(stdout).toMatch(/^idle\.json: 1 warning$/m);
  expect(tooWide(stdout)).toEqual([]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
