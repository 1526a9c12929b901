import { decodeJwt, jwtVerify, createLocalJWKSet } from 'jose';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, call, tokenAnswer } from '../../support/tokens.js';
import { TestProvider } from './provider.js';

const CALLBACK = 'http://127.0.0.1:7777/callback';

let folder: string;
let provider: TestProvider;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ztp-identity-'));
  provider = await TestProvider.start(folder);
});
afterAll(async () => {
  await provider.close();
  rmSync(folder, { recursive: true });
});

/** As much of a browser as signing in needs: it follows redirections and keeps cookies. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async open(url: string, form?: Readonly<Record<string, string>>): Promise<{ url: string; answer: Answer }> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await call(url, {
      ca: provider.ca,
      host: 'id.shop.example:8443',
      headers: { cookie },
      ...(form && { form }),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';', 1);
      const at = pair.indexOf('=');
      this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = answer.headers['location'];
    if (typeof location !== 'string') return { url, answer };
    if (location.startsWith(CALLBACK)) return { url: location, answer };
    return this.open(here(new URL(location, 'https://id.shop.example:8443').href));
  }
}

/** The provider's own name and port, as the address that stands for it here. */
function here(url: string): string {
  expect(url).toMatch(/^https:\/\/id\.shop\.example:8443\//);
  return url.replace('https://id.shop.example:8443', provider.issuer('people').url);
}

const verifier = randomBytes(32).toString('base64url');

function authorization(more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    client_id: 'ztp.development',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid orders.read',
    resource: 'https://orders.shop.example',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'state',
    ...more,
  });
  return `${provider.issuer('people').url}/auth?${query.toString()}`;
}

/** The tokens for the code that a browser came back with. */
async function redeem(url: string) {
  const back = new URL(url);
  expect(Object.fromEntries(back.searchParams)).toMatchObject({
    state: 'state',
    iss: 'https://id.shop.example',
  });
  return tokenAnswer(provider.issuer('people'), provider.ca, {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: verifier,
  });
}

test('a browser signs in by choosing a user, and its client gets a token for the service', async () => {
  const browser = new Browser();
  const shown = await browser.open(authorization());
  expect(shown.answer.status).toBe(200);
  expect(shown.answer.text).toContain('for development');
  expect(shown.answer.text).toContain('no\npassword');
  expect(shown.answer.text).toContain('alice (finance, staff, second factor, compliant device)');
  expect(shown.answer.text).not.toContain('carol');
  expect(shown.answer.headers['content-security-policy']).toContain("default-src 'none'");

  const { url } = await browser.open(shown.url, { username: 'alice', mfa: 'on' });
  const tokens = await redeem(url);
  const claims = decodeJwt(tokens.access_token);
  expect(claims).toMatchObject({
    iss: 'https://id.shop.example',
    sub: 'alice',
    aud: 'https://orders.shop.example',
    scope: 'orders.read',
    amr: ['pwd', 'mfa'],
    compliant: true,
    realm: { groups: ['finance', 'staff'] },
  });
  expect(Number(claims['auth_time'])).toBeLessThanOrEqual(Number(claims.iat));
  const keys = createLocalJWKSet(await provider.keys('people'));
  await jwtVerify(tokens.access_token, keys, { issuer: 'https://id.shop.example', typ: 'at+jwt' });
  const identity = await jwtVerify(tokens.id_token ?? '', keys, { audience: 'ztp.development' });
  expect(identity.payload.sub).toBe('alice');

  // Signed in already: no page is shown, and the sign-in is the same.
  const again = decodeJwt((await redeem((await browser.open(authorization())).url)).access_token);
  expect(again['auth_time']).toBe(claims['auth_time']);
  expect((await browser.open(authorization({ prompt: 'login' }))).answer.text).toContain(
    'Sign in, for development',
  );
});

test('without the second factor the token shows one', async () => {
  const browser = new Browser();
  const shown = await browser.open(authorization());
  const { url } = await browser.open(shown.url, { username: 'alice' });
  expect(decodeJwt((await redeem(url)).access_token)['amr']).toEqual(['pwd']);
});

test('a user who has none shows none, whatever the form says, and gets only scopes of their own', async () => {
  const browser = new Browser();
  const shown = await browser.open(authorization({ scope: 'openid orders.read' }));
  const { url } = await browser.open(shown.url, { username: 'bob', mfa: 'on' });
  expect(decodeJwt((await redeem(url)).access_token)).toMatchObject({ amr: ['pwd'], scope: 'orders.read' });
  const other = new Browser();
  const { url: back } = await other.open((await other.open(authorization())).url, { username: 'erin' });
  expect(decodeJwt((await redeem(back)).access_token)).not.toHaveProperty('scope');
});

test('a signed-in browser stays so when the keys change', async () => {
  const browser = new Browser();
  const shown = await browser.open(authorization());
  await browser.open(shown.url, { username: 'alice' });
  await provider.command('add-key', { issuer: 'people' });
  expect((await browser.open(authorization())).url).toMatch(/^http:\/\/127\.0\.0\.1:7777\/callback\?code=/);
});

test('an unknown user is told so, and text is only text', async () => {
  const browser = new Browser();
  const shown = await browser.open(authorization());
  const { answer } = await browser.open(shown.url, { username: '<script>alert(1)</script>' });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('There is no user');
  expect(answer.text).not.toContain('<script>');
});

test('a sign-in page belongs to one browser', async () => {
  const shown = await new Browser().open(authorization());
  const other = await new Browser().open(shown.url, { username: 'alice' });
  expect(other.answer.status).toBe(400);
});

test.each([
  ['an unknown resource', { resource: 'https://evil.example' }, 'invalid_target'],
  ['no proof key', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
])('%s is refused', async (_name, change, error) => {
  const { url } = await new Browser().open(authorization(change));
  expect(new URL(url).searchParams.get('error')).toBe(error);
});

test('nobody is sent to a place that is not known', async () => {
  const { answer } = await new Browser().open(
    authorization({ redirect_uri: 'https://evil.example/callback' }),
  );
  expect(answer.status).toBe(400);
  expect(answer.headers['location']).toBeUndefined();
});
