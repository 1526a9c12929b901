import { decodeJwt, type JWTPayload } from 'jose';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXCHANGE_GRANT, ON_BEHALF_OF_GRANT } from '../../../local/identity/index.js';
import { issuersPlan } from '../../support/issuers.js';
import { impostorOf, mintToken, signingKeys, tokenAnswer } from '../../support/tokens.js';
import { TestProvider } from './provider.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ORDERS_ID = issuersPlan().services['orders']!.sidecar.spiffeId;

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

const subject = (form: Readonly<Record<string, string>> = {}) =>
  provider.token('people', { username: 'alice', service: 'orders', scope: 'a b', ...form });

const exchange = (token: string, form: Readonly<Record<string, string>> = {}) =>
  tokenAnswer(provider.issuer('people'), provider.ca, {
    grant_type: EXCHANGE_GRANT,
    client_id: 'orders',
    subject_token: token,
    subject_token_type: ACCESS_TOKEN,
    service: 'payments',
    ...form,
  });

const onBehalfOf = (token: string, form: Readonly<Record<string, string>> = {}) =>
  tokenAnswer(provider.issuer('staff'), provider.ca, {
    grant_type: ON_BEHALF_OF_GRANT,
    client_id: 'app-orders',
    assertion: token,
    requested_token_use: 'on_behalf_of',
    scope: 'app-payments/.default',
    ...form,
  });

/** Claims of a token of `people` with some replaced, signed by its own key or an impostor's. */
async function forged(change: JWTPayload, impostor = false): Promise<string> {
  const [key] = signingKeys(provider.keysFile('people'));
  const claims = { ...decodeJwt(await subject()), ...change };
  return mintToken(impostor ? impostorOf(key!) : key!, claims, { typ: 'at+jwt' });
}

test('a workload gets a token of the same person for the service that it calls, with itself as the actor', async () => {
  const before = decodeJwt(await subject({ auth_age: '60' }));
  const answer = await exchange(await subject({ auth_age: '60' }));
  expect(answer).toMatchObject({ issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', scope: 'a b' });
  const claims = decodeJwt(answer.access_token);
  const { jti: _, iat: __, nbf: ___, exp: ____, aud: _____, auth_time: ______, ...kept } = before;
  expect(claims).toMatchObject({
    ...kept,
    aud: 'https://payments.dev.shop.example.internal',
    client_id: 'orders',
    act: { sub: ORDERS_ID },
  });
  expect(claims.jti).not.toBe(before.jti);
  expect(Number(claims.iat) - Number(claims['auth_time'])).toBeGreaterThanOrEqual(60);
});

test('it ends no later than the one it was got for', async () => {
  const token = await subject({ lifetime: '50' });
  const claims = decodeJwt((await exchange(token, { lifetime: '3000' })).access_token);
  expect(claims.exp).toBe(decodeJwt(token).exp);
});

test('it is not bound to the certificate of the user', async () => {
  const thumbprint = createHash('sha256').update('x').digest('base64url');
  const token = await subject({ certificate_thumbprint: thumbprint });
  expect(decodeJwt(token)).toHaveProperty('cnf');
  expect(decodeJwt((await exchange(token)).access_token)).not.toHaveProperty('cnf');
});

test('it may have fewer scopes, never more', async () => {
  const token = await subject();
  expect((await exchange(token, { scope: 'b' })).scope).toBe('b');
  await expect(exchange(token, { scope: 'b c' })).rejects.toMatchObject({ error: 'invalid_scope' });
});

test('an actor before this one stays named', async () => {
  const token = await forged({ act: { sub: 'spiffe://local.dev.shop.example/ns/default/sa/web' } });
  expect(decodeJwt((await exchange(token)).access_token)['act']).toEqual({
    sub: ORDERS_ID,
    act: { sub: 'spiffe://local.dev.shop.example/ns/default/sa/web' },
  });
});

describe("Microsoft's own flow", () => {
  const staff = () => provider.token('staff', { username: 'alice', service: 'orders' });

  test('does the same, for the application by its ID', async () => {
    const claims = decodeJwt((await onBehalfOf(await staff())).access_token);
    expect(claims).toMatchObject({
      aud: 'app-payments',
      sub: 'alice',
      acrs: ['c1'],
      act: { sub: ORDERS_ID },
    });
    const byName = await onBehalfOf(await staff(), { client_id: 'orders' });
    expect(decodeJwt(byName.access_token).aud).toBe('app-payments');
  });

  test('refuses what the other refuses', async () => {
    const token = await staff();
    await expect(onBehalfOf(token, { scope: 'app-payments' })).rejects.toMatchObject({
      error: 'invalid_scope',
    });
    await expect(onBehalfOf(token, { scope: 'other/.default' })).rejects.toMatchObject({
      error: 'invalid_target',
    });
    await expect(onBehalfOf(token, { requested_token_use: '' })).rejects.toMatchObject({
      error: 'invalid_request',
    });
    await expect(onBehalfOf(token, { client_id: 'app-payments' })).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(onBehalfOf(await subject())).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

describe('what is refused', () => {
  test.each<[string, () => Promise<string>, Record<string, string>, string]>([
    ['no token', async () => '', {}, 'invalid_grant'],
    ['a token that is none', async () => 'x.y.z', {}, 'invalid_grant'],
    [
      'a token of another issuer',
      () => provider.token('customers', { username: 'carol', service: 'orders' }),
      {},
      'invalid_grant',
    ],
    ['a token that only names the issuer', () => forged({}, true), {}, 'invalid_grant'],
    [
      'a token of an issuer with its key',
      () => forged({ iss: 'https://other.example' }),
      {},
      'invalid_grant',
    ],
    ['an expired token', () => forged({ exp: Math.floor(Date.now() / 1000) - 60 }), {}, 'invalid_grant'],
    ['a token that never ends', () => forged({ exp: undefined }), {}, 'invalid_grant'],
    [
      'a token that was meant for another service',
      () => subject({ service: 'reports' }),
      {},
      'invalid_grant',
    ],
    ['a service that no rule lets it call', () => subject(), { service: 'reports' }, 'invalid_target'],
    ['itself', () => subject(), { service: 'orders' }, 'invalid_target'],
    ['an unknown service', () => subject(), { service: 'none' }, 'invalid_target'],
    ['a client that is no service', () => subject(), { client_id: 'ztp.development' }, 'invalid_request'],
    ['an unknown client', () => subject(), { client_id: 'nobody' }, 'invalid_client'],
    [
      'another type of token',
      () => subject(),
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      'invalid_request',
    ],
    [
      'a wish for another type',
      () => subject(),
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    ['a token of an actor', () => subject(), { actor_token: 'x' }, 'invalid_request'],
  ])('%s', async (_name, token, form, error) => {
    await expect(exchange(await token(), form)).rejects.toMatchObject({ error });
  });

  test('a token for a service that the workload calls only as itself: there it would be the user', async () => {
    const token = await subject({ service: 'payments' });
    await expect(exchange(token, { client_id: 'payments', service: 'orders' })).rejects.toMatchObject({
      error: 'invalid_target',
    });
  });

  test('an issuer that has no exchange has none here', async () => {
    const token = await provider.token('customers', { username: 'carol', service: 'orders' });
    const asked = tokenAnswer(provider.issuer('customers'), provider.ca, {
      grant_type: EXCHANGE_GRANT,
      subject_token: token,
      subject_token_type: ACCESS_TOKEN,
      service: 'orders',
    });
    await expect(asked).rejects.toMatchObject({ error: 'unsupported_grant_type' });
  });

  test('a workload cannot sign a user in', async () => {
    const asked = provider.token('people', { username: 'alice', service: 'orders', client_id: 'orders' });
    await expect(asked).rejects.toMatchObject({ error: 'invalid_request' });
  });
});
