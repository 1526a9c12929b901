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

test.each([
  ['unknown-service', ['--as', 'workload:wbe']],
  ['no-user', ['--as', 'workload:web', '--groups', 'staff']],
  ['no-workload', ['--as', 'user:people', '--on-behalf-of', 'user:people']],
  ['not-on-the-way', ['--as', 'workload:web', '--at', 'gateway']],
  ['token-file-unreadable', ['--token-file', 'missing.json']],
  ['token-file-invalid', ['--token-file', 'package.json.bad']],
])('%s is an error with its code', (code, words) => {
  built.write('package.json.bad', '{ "iss": 1, "iss": 2 }');
  const { status, stdout, stderr } = explain('--request', 'GET https://orders.shop.example/', ...words);
  expect(stderr).toMatch(new RegExp(`^error ${code} at `));
  expect(stdout).toBe('');
  expect(status).toBe(1);
});
