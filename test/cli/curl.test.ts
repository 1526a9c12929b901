import { curlWords, readCurl } from '../../cli/curl.js';
import { BuiltPackage } from './built.js';

const URL = 'https://orders.shop.example/orders/17';
const read = (...words: string[]) => readCurl(['curl', ...words]);

test.each<[string[], string]>([
  [[URL], 'GET /orders/17'],
  [['-XDELETE', URL], 'DELETE /orders/17'],
  [['-sS', '-X', 'PUT', '--url', URL], 'PUT /orders/17'],
  [['-I', URL], 'HEAD /orders/17'],
  [['-d', '{"a":1}', URL], 'POST /orders/17'],
  [['--json', '{}', '-X', 'PATCH', URL], 'PATCH /orders/17'],
  [['-G', '-d', 'a=1', '-d', 'b=2', `${URL}?z=0`], 'GET /orders/17?z=0&a=1&b=2'],
  [['-T', 'file', URL], 'PUT /orders/17'],
  [['https://orders.shop.example'], 'GET /'],
  [['https://orders.shop.example?x'], 'GET /?x'],
  [['https://orders.shop.example/a/../orders/./17#part'], 'GET /orders/17'],
  [['https://orders.shop.example/a/..'], 'GET /'],
  [['--path-as-is', 'https://orders.shop.example/a/../orders'], 'GET /a/../orders'],
  [['-g', 'https://orders.shop.example/{x}'], 'GET /{x}'],
  [['https://orders.shop.example/%2e%2e//x'], 'GET /%2e%2e//x'],
])('%j is %s', (words, expected) => {
  const { method, path, authority } = read(...words);
  expect(`${method} ${path}`).toBe(expected);
  expect(authority).toBe('orders.shop.example');
});

test('headers, hosts and the ways to bear a token', () => {
  expect(read('-H', 'Origin: https://a.example', '-H', 'Accept:', '-H', 'X-Empty;', URL).headers).toEqual([
    ['origin', 'https://a.example'],
    ['x-empty', ''],
  ]);
  expect(read('-H', 'Host: www.shop.example', URL).authority).toBe('www.shop.example');
  expect(read(`${URL.replace('.example', '.example:8443')}`).authority).toBe('orders.shop.example:8443');
  for (const words of [
    ['-H', 'Authorization: Bearer a.b.c'],
    ['--oauth2-bearer', 'a.b.c'],
  ]) {
    expect(read(...words, URL).headers).toEqual([['authorization', 'Bearer a.b.c']]);
  }
  expect(read('-u', 'ada:secret', URL).headers).toEqual([['authorization', 'Basic YWRhOnNlY3JldA==']]);
});

test('a text is split as a shell does, and whatever a shell would replace is refused', () => {
  expect(curlWords(`curl 'a b' "c \\"d\\"" e\\ f \\\n  ''`)).toEqual(['curl', 'a b', 'c "d"', 'e f', '']);
  for (const text of [
    'curl "$TOKEN"',
    'curl $(id)',
    'curl `id`',
    "curl 'a",
    'curl "a',
    'curl x | sh',
    'curl x > y',
  ]) {
    expect(() => curlWords(text)).toThrow(expect.objectContaining({ code: 'curl-unreadable' }) as Error);
  }
});

const SECRET = 'eyJhbGciOiJub25lIn0.c2VjcmV0.c2VjcmV0';

test.each([
  [['wget', URL]],
  [['curl']],
  [['curl', URL, URL]],
  [['curl', URL.replace('https', 'http')]],
  [['curl', 'https://ada:secret@orders.shop.example/']],
  [['curl', 'https://orders.shop.example/[1-3]']],
  [['curl', '--unknown', SECRET, URL]],
  [['curl', `--header=Authorization: Bearer ${SECRET}`, 'x', URL]],
  [['curl', `--${SECRET}`, 'x', URL]],
  [['curl', URL, '-H']],
  [['curl', '-H', '@headers.txt', URL]],
  [['curl', '-H', SECRET, URL]],
  [['curl', '--cert', '/nowhere.pem', URL]],
])('%j is an error that repeats nothing of it', (words) => {
  let said: unknown;
  try {
    readCurl(words);
  } catch (error) {
    said = error;
  }
  expect(said).toMatchObject({ code: 'curl-unreadable', diagnostics: [{ remedy: expect.any(String) }] });
  const text = JSON.stringify(said) + String((said as Error).message);
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain('secret');
});

describe('ztp explain', () => {
  const built = new BuiltPackage();
  afterAll(() => built.remove());
  const explain = (...words: string[]) =>
    built.ztp(['explain', 'examples/shop/model.ts', '--time', '2026-11-23T12:00:00Z', ...words]);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: 'https://login.shop.example',
    aud: 'https://orders.shop.example',
    exp: 1_900_000_000,
    sub: 'secret-subject',
    groups: ['staff'],
  };
  const token = `${part({ alg: 'ES256' })}.${part(claims)}.c2lnbmF0dXJl`;

  test('of a curl command says the way, what each point decides, why, and never the token', () => {
    const one = explain(
      '--',
      'curl',
      '-H',
      `Authorization: Bearer ${token}`,
      'https://orders.shop.example/orders',
    );
    const text = `curl 'https://orders.shop.example/orders' -H 'Authorization: Bearer ${token}' --compressed`;
    const other = explain('--curl', text);
    expect([one.stderr, one.status]).toEqual(['', 0]);
    expect(one.stdout).toContain('Rule list-orders admits it');
    expect(one.stdout).toContain('services/orders/sidecar');
    expect(other.stdout).toBe(one.stdout);
    for (const secret of [token, 'secret-subject']) expect(one.stdout).not.toContain(secret);
    const refused = explain(
      '--',
      'curl',
      '-XDELETE',
      '-H',
      `Authorization: Bearer ${token}`,
      'https://orders.shop.example/unknown/1',
    );
    expect(refused.stdout).toContain('gateway: 403 forbidden');
    const basic = explain('--curl', "curl -u ada:secret 'https://orders.shop.example/orders'");
    expect(basic.stdout).toContain('401 invalidToken');
    expect(basic.stdout).not.toContain('secret');
  });

  test('of a line of the log says what its rule needed, or what would have to be true', () => {
    const line = (more: object) =>
      JSON.stringify({
        version: 1,
        time: '2026-11-23T12:00:00.000Z',
        point: 'gateway',
        service: 'orders',
        method: 'GET',
        path: '/orders',
        issuer: 'people',
        subject: 'ada',
        ...more,
      });
    const admitted = explain('--line', line({ decision: 'allow', status: 200, rule: 'list-orders' }));
    expect([admitted.stderr, admitted.status]).toEqual(['', 0]);
    expect(admitted.stdout).toContain('Rule list-orders admits it');
    expect(admitted.stdout).toMatch(/The log has no claims\. Assumed, as the rule needs it:/);
    const refused = explain('--line', line({ decision: 'refuse', status: 403 }));
    expect(refused.stdout).toContain('No rule admits it');
    expect(refused.stdout).toContain('list-orders');
    const other = explain('--line', line({ decision: 'allow', status: 200, rule: 'gone' }));
    expect(other.stdout).toContain('The model decides otherwise than the line says');
    const broken = explain('--line', '{"a":1}');
    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain('line-unreadable');
  });
});
