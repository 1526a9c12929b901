import { join } from 'node:path';
import { formatError } from '../../cli/error.js';
import { explainModel } from '../../cli/explain-model.js';
import type { ExplainOptions } from '../../cli/explain.js';
import login from '../../examples/shop/login.js';
import shop from '../../examples/shop/model.js';
import { allow, http, oidc, senderConstrained, user as anyUser } from '../../lib/index.js';
import { expectGolden } from '../golden.js';
import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const explain = (...words: string[]) =>
  built.ztp(['explain', 'examples/shop/model.ts', '--time', '2026-11-23T12:00:00Z', ...words]);
const finance = ['--as', 'user:people', '--groups', 'staff,finance', '--claim', 'employment=employee'];

test.each([
  ['admitted', ['--request', 'GET https://orders.shop.example/orders/17', '--as', 'user:people']],
  ['token-required', ['--request', 'GET https://orders.shop.example/orders/17']],
  [
    'step-up',
    ['--request', 'POST https://refunds.shop.example/refunds/17', ...finance, '--signed-in', '20m'],
  ],
  ['denied', ['--request', 'DELETE https://orders.shop.example/orders/17', '--as', 'user:partners']],
  ['not-canonical', ['--request', 'GET https://orders.shop.example/orders/..%2f', '--as', 'user:people']],
  ['workload', ['--request', 'GET https://orders.shop.example/orders/17', '--as', 'workload:web', '--json']],
])('%s', (name, words) => {
  const { status, stdout, stderr } = explain(...words);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expectGolden(`cli/explain-${name}.txt`, stdout);
  if (!words.includes('--json')) expect(tooWide(stdout)).toEqual([]);
});

test('a token of a file: its claims as JSON, or the token itself, of which nothing is shown', () => {
  const claims = {
    iss: 'https://login.shop.example',
    aud: 'https://orders.shop.example',
    exp: 1_900_000_000,
    sub: 'secret-subject',
    groups: ['staff'],
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'ES256' })}.${part(claims)}.c2lnbmF0dXJl`;
  const request = ['--request', 'GET https://orders.shop.example/orders'];
  const asJson = explain(...request, '--token-file', built.write('claims.json', JSON.stringify(claims)));
  const asToken = explain(...request, '--token-file', built.write('token.jwt', token));
  expect(asJson.stdout).toContain('Rule list-orders admits it');
  expect(asToken.stdout).toBe(asJson.stdout.replace('claims.json', 'token.jwt'));
  expect(asToken.stdout).not.toContain('secret-subject');
});

test('a rule that asks for a DPoP proof, with one and without', async () => {
  const model = {
    trustDomain: 'acme.example',
    environment: 'dev',
    identity: {
      providers: {
        people: oidc({ issuer: 'https://id.acme.example', jwksUri: 'https://id.acme.example/jwks' }),
      },
    },
    services: { web: http({ host: 'www.acme.example' }) },
    access: [allow(anyUser()).to('web', 'GET /').when(senderConstrained('dpop')).rule],
  };
  built.write('proofs.json', JSON.stringify(model));
  const path = join(built.folder, 'proofs.json');
  const asked = {
    engine: 'aws',
    from: '192.0.2.1',
    request: { method: 'GET', authority: 'www.acme.example', path: '/' },
  } as const;
  const user = { ...asked, as: { kind: 'user', name: 'people' } } as const;
  expect(await explainModel(path, { ...user, proven: true })).toContain('The request is admitted.');
  expect(await explainModel(path, user)).toContain('The request is refused.');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: 'https://id.acme.example',
    aud: 'https://www.acme.example',
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 300,
    cnf: { jkt: 'the-key' },
  };
  const token = `${part({ alg: 'ES256', kid: 'one' })}.${part(claims)}.c2lnbmF0dXJl`;
  const curl = (scheme: string, ...proofs: string[]) =>
    explainModel(path, {
      ...asked,
      curl: {
        ...asked.request,
        headers: [
          ['authorization', `${scheme} ${token}`],
          ...proofs.map((proof) => ['dpop', proof] as const),
        ],
      },
    });
  expect(await curl('DPoP', 'a.b.c')).toContain('The request is admitted.');
  expect(await curl('DPoP')).toContain('The request is refused.');
  expect(await curl('DPoP', 'a.b.c', 'a.b.c')).toContain('The request is refused.');
  expect(await curl('Bearer', 'a.b.c')).toContain('The request is refused.');
});

describe('what cannot be asked is an error with its code', () => {
  const data = JSON.stringify(shop, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'rule' in value ? value.rule : value,
  );
  const inFolder = (name: string) => join(built.folder, name);
  const request = { method: 'GET', authority: 'orders.shop.example', path: '/' };
  const workload = { kind: 'workload', name: 'web' } as const;
  const cases: [code: string, path: string, options: Partial<ExplainOptions>][] = [
    ['unknown-service', '--as', { as: { kind: 'workload', name: 'wbe' } }],
    ['unknown-provider', '--as', { as: { kind: 'user', name: 'poeple' } }],
    ['unknown-provider', '--on-behalf-of', { as: workload, onBehalfOf: 'poeple' }],
    ['unknown-pipeline', '--as', { as: { kind: 'pipeline', name: 'deplyo' } }],
    ['no-user', '--groups', { as: workload, groups: ['staff'] }],
    ['no-user', '--signed-in', { signedIn: 1 }],
    ['no-workload', '--on-behalf-of', { as: { kind: 'user', name: 'people' }, onBehalfOf: 'people' }],
    ['not-on-the-way', '--at', { as: workload, at: 'gateway' }],
    ['token-file-unreadable', inFolder('missing.json'), { tokenFile: inFolder('missing.json') }],
    ['token-file-invalid', inFolder('twice.json'), { tokenFile: inFolder('twice.json') }],
    ['token-file-invalid', inFolder('list.json'), { tokenFile: inFolder('list.json') }],
    ['token-file-invalid', inFolder('bad.jwt'), { tokenFile: inFolder('bad.jwt') }],
  ];
  test.each(cases)('%s at %s', async (code, path, options) => {
    built.write('shop.json', data);
    built.write('twice.json', '{ "iss": "a", "iss": "b" }');
    built.write('list.json', '[]');
    built.write('bad.jwt', 'a.e30.c');
    const asked = explainModel(inFolder('shop.json'), {
      engine: 'local',
      request,
      from: '192.0.2.1',
      ...options,
    });
    await expect(asked).rejects.toMatchObject({ code, diagnostics: [{ code, path }] });
  });

  test('where a model has none, nothing is said to be expected', async () => {
    const services = { web: { protocol: 'http', host: 'www.acme.example' } };
    built.write('bare.json', JSON.stringify({ trustDomain: 'acme.example', environment: 'dev', services }));
    const ask = (kind: 'user' | 'pipeline') =>
      explainModel(inFolder('bare.json'), {
        engine: 'local',
        request,
        from: '192.0.2.1',
        as: { kind, name: 'deploy' },
      }).catch((error: unknown) => formatError(error));
    expect(await ask('pipeline')).toMatch(/^error unknown-pipeline at --as: .*\n {2}found: .*\n {2}do: /);
    expect(await ask('user')).toMatch(/^error unknown-provider at --as: .*\n.*\n {2}found: .*\n {2}do: /);
  });

  test('and the command prints it, and ends with 1', () => {
    const words = ['--request', 'GET https://orders.shop.example/', '--as', 'workload:wbe'];
    const { status, stdout, stderr } = explain(...words);
    expect(stderr).toMatch(/^error unknown-service at --as: /);
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});

test('by the cookies of a session a request is explained only with whose session it is', async () => {
  const path = join(built.folder, 'login.json');
  built.write('login.json', JSON.stringify(login));
  const request = { method: 'GET', authority: 'desk.shop.example', path: '/' };
  const headers = [
    ['cookie', '__Host-ztp-0=sealed'],
    ['sec-fetch-mode', 'navigate'],
    ['sec-fetch-dest', 'document'],
  ] as const;
  const said = (more: object) => explainModel(path, { engine: 'local', from: '192.0.2.1', request, ...more });
  for (const given of [{ header: headers }, { curl: { ...request, headers } }]) {
    await expect(said(given)).rejects.toMatchObject({ code: 'session-sealed' });
    expect(await said({ ...given, anonymous: true })).toContain('led to the sign-in');
    const as = { kind: 'user', name: 'people' };
    expect(await said({ ...given, as, groups: ['staff'] })).toContain('The request is admitted.');
  }
});
