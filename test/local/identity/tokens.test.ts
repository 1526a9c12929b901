import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexPolicy, type JsonObject, judgeToken, readCredential } from '../../../lib/policy/index.js';
import { leafPaths } from '../../../local/authority/index.js';
import { issuersPlan, TENANT } from '../../support/issuers.js';
import {
  impostorOf,
  mintToken,
  obtainToken,
  signingKeys,
  tokenAnswer,
  unsignedToken,
} from '../../support/tokens.js';
import { PIPELINES, TestProvider } from './provider.js';

const { policy, issuers } = issuersPlan();
const index = indexPolicy(policy);

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

/** What a relying party sees: the claims, by the keys that are served, for the issuer of the plan. */
async function verified(issuer: string, token: string): Promise<JWTPayload> {
  const keys = createLocalJWKSet(await provider.keys(issuer));
  return (await jwtVerify(token, keys, { issuer: issuers[issuer]!.issuer })).payload;
}

/** What the reference says about a token at a service: `valid`, or why not. */
function judged(service: string, token: string, now = Math.floor(Date.now() / 1000)): string {
  const credential = readCredential([['authorization', `Bearer ${token}`]], () => true);
  const verdict = judgeToken(index, service, credential, now);
  return verdict.kind === 'invalid' ? verdict.reason : verdict.kind;
}

describe('a token is what the plan says a token of its issuer is', () => {
  test('a plain provider: nested groups, a type, MFA, device, sign-in time', async () => {
    const form = { username: 'alice', service: 'orders', scope: 'orders.read extra', auth_age: '120' };
    const token = await provider.token('people', form);
    const claims = await verified('people', token);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(claims).toMatchObject({
      iss: 'https://id.shop.example',
      sub: 'alice',
      aud: 'https://orders.shop.example',
      client_id: 'ztp.development',
      scope: 'orders.read extra',
      realm: { groups: ['finance', 'staff'] },
      amr: ['pwd', 'mfa'],
      compliant: true,
      department: 'sales',
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(300);
    expect(Number(claims.iat) - Number(claims['auth_time'])).toBe(120);
    expect(judged('orders', token)).toBe('valid');
    expect(judged('payments', token)).toBe('audience');
  });

  test('Cognito: the client in place of an audience, its own claim for groups', async () => {
    const token = await provider.token('customers', { username: 'carol', service: 'orders' });
    const claims = await verified('customers', token);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(claims).toMatchObject({
      iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc',
      sub: 'c-1',
      client_id: 'client-orders',
      token_use: 'access',
      'cognito:groups': ['vip'],
      auth_time: expect.any(Number) as number,
    });
    for (const name of ['aud', 'amr', 'groups', 'scope', 'compliant'])
      expect(claims).not.toHaveProperty([name]);
    expect(judged('orders', token)).toBe('valid');
  });

  test('Entra: version, tenant, scp, the authentication context, no sign-in time', async () => {
    const token = await provider.token('staff', {
      username: 'alice',
      service: 'orders',
      scope: 'orders.read',
    });
    const claims = await verified('staff', token);
    expect(claims).toMatchObject({
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      aud: 'app-orders',
      ver: '2.0',
      tid: TENANT,
      scp: 'orders.read',
      groups: ['finance', 'staff'],
      acrs: ['c1'],
      azp: 'ztp.development',
    });
    expect(claims).not.toHaveProperty('auth_time');
    expect(judged('orders', token)).toBe('valid');
  });

  test('GitHub Actions: exactly the claims of the pipeline', async () => {
    const token = await provider.token(PIPELINES, { pipeline: 'deploy', service: 'orders' });
    const { iat: _, nbf: __, exp: ___, jti: ____, ...claims } = await verified(PIPELINES, token);
    expect(claims).toEqual({
      iss: 'https://token.actions.githubusercontent.com',
      aud: 'https://orders.shop.example',
      sub: 'repo:shop/orders:ref:refs/heads/main',
      repository: 'shop/orders',
      ref: 'refs/heads/main',
    });
    expect(judged('orders', token)).toBe('valid');
  });

  test('one factor, an unknown device, no groups and no scopes leave no evidence', async () => {
    const claims = decodeJwt(
      await provider.token('people', {
        username: 'alice',
        service: 'orders',
        mfa: 'false',
        device: 'unknown',
      }),
    );
    expect(claims).toMatchObject({ amr: ['pwd'], compliant: false });
    expect(claims).not.toHaveProperty('scope');
    expect(
      decodeJwt(await provider.token('staff', { username: 'bob', service: 'orders' })),
    ).not.toHaveProperty('acrs');
  });

  test('a service can be named by itself, by its audience or as a resource', async () => {
    for (const [by, value] of [
      ['service', 'payments'],
      ['audience', 'app-payments'],
      ['resource', 'app-payments'],
    ] as const) {
      const token = await provider.token('staff', { username: 'alice', [by]: value });
      expect(decodeJwt(token).aud).toBe('app-payments');
    }
  });

  test('a lifetime is as asked', async () => {
    const token = await provider.token('people', { username: 'alice', service: 'orders', lifetime: '7' });
    const { iat, exp } = decodeJwt(token);
    expect(Number(exp) - Number(iat)).toBe(7);
    expect(judged('orders', token, Number(exp) + 31)).toBe('expired');
  });

  test('scopes are those asked for, or all that the user may have', async () => {
    const scope = async (form: Record<string, string>) =>
      decodeJwt(await provider.token('people', { username: 'bob', service: 'orders', ...form }))['scope'];
    expect(await scope({})).toBe('orders.read orders.list');
    expect(await scope({ scope: 'orders.list' })).toBe('orders.list');
  });

  test('scopes are a list where the configuration says so', async () => {
    const other = mkdtempSync(join(tmpdir(), 'ztp-identity-'));
    const listing = await TestProvider.prepare(other);
    try {
      listing.configure({}, { scopes: 'list' });
      await listing.open();
      const form = { username: 'alice', service: 'orders', scope: 'a b' };
      const answer = await tokenAnswer(listing.issuer('staff'), listing.ca, form);
      expect(decodeJwt(answer.access_token)['scp']).toEqual(['a', 'b']);
      expect(answer.scope).toBe('a b');
    } finally {
      await listing.close();
      rmSync(other, { recursive: true });
    }
  });
});

describe('a bound token', () => {
  const form = { username: 'alice', service: 'orders' };

  test('carries the thumbprint that is named', async () => {
    const thumbprint = createHash('sha256').update('x').digest('base64url');
    const token = await provider.token('people', { ...form, certificate_thumbprint: thumbprint });
    expect(decodeJwt(token)['cnf']).toEqual({ 'x5t#S256': thumbprint });
  });

  test('carries that of the certificate on the connection, whoever signed it', async () => {
    const paths = leafPaths(join(folder, 'secrets'), 'gateway', 'server');
    const client = {
      certificate: readFileSync(paths.certificate, 'utf8'),
      key: readFileSync(paths.key, 'utf8'),
    };
    const token = await obtainToken(
      provider.issuer('people'),
      provider.ca,
      { ...form, certificate_bound: 'true' },
      client,
    );
    const expected = createHash('sha256')
      .update(new X509Certificate(client.certificate).raw)
      .digest('base64url');
    expect(decodeJwt(token)['cnf']).toEqual({ 'x5t#S256': expected });
    const unbound = await obtainToken(provider.issuer('people'), provider.ca, form, client);
    expect(decodeJwt(unbound)).not.toHaveProperty('cnf');
  });
});

describe('what is refused', () => {
  const cases: [string, string, Record<string, string>, string][] = [
    ['an unknown user', 'people', { username: 'mallory', service: 'orders' }, 'invalid_grant'],
    ['no user', 'people', { service: 'orders' }, 'invalid_grant'],
    ['a name of every object', 'people', { username: '__proto__', service: 'orders' }, 'invalid_grant'],
    ['a user of another issuer', 'people', { username: 'carol', service: 'orders' }, 'invalid_grant'],
    [
      'a second factor that the user has not',
      'people',
      { username: 'bob', service: 'orders', mfa: 'true' },
      'invalid_grant',
    ],
    ['no service', 'people', { username: 'alice' }, 'invalid_request'],
    ['two services', 'people', { username: 'alice', service: 'orders', audience: 'x' }, 'invalid_request'],
    ['an unknown service', 'people', { username: 'alice', service: 'nothing' }, 'invalid_target'],
    [
      'a service that does not accept the issuer',
      'customers',
      { username: 'carol', service: 'payments' },
      'invalid_target',
    ],
    [
      'an unknown audience',
      'people',
      { username: 'alice', audience: 'https://evil.example' },
      'invalid_target',
    ],
    [
      'a scope that the user may not have',
      'people',
      { username: 'bob', service: 'orders', scope: 'admin' },
      'invalid_scope',
    ],
    [
      'a second factor that cannot be shown',
      'customers',
      { username: 'carol', service: 'orders', mfa: 'false' },
      'invalid_request',
    ],
    [
      'a sign-in time that cannot be shown',
      'staff',
      { username: 'alice', service: 'orders', auth_age: '1' },
      'invalid_request',
    ],
    [
      'a device that cannot be shown',
      'staff',
      { username: 'alice', service: 'orders', device: 'compliant' },
      'invalid_request',
    ],
    [
      'a word that is none',
      'people',
      { username: 'alice', service: 'orders', mfa: 'yes' },
      'invalid_request',
    ],
    ['no lifetime', 'people', { username: 'alice', service: 'orders', lifetime: '0' }, 'invalid_request'],
    [
      'a lifetime that is no number',
      'people',
      { username: 'alice', service: 'orders', lifetime: '1e3' },
      'invalid_request',
    ],
    [
      'a lifetime of more than a day',
      'people',
      { username: 'alice', service: 'orders', lifetime: '86401' },
      'invalid_request',
    ],
    [
      'a thumbprint that is none',
      'people',
      { username: 'alice', service: 'orders', certificate_thumbprint: 'x' },
      'invalid_request',
    ],
    [
      'a bound token without a certificate',
      'people',
      { username: 'alice', service: 'orders', certificate_bound: 'true' },
      'invalid_request',
    ],
    ['an unknown pipeline', PIPELINES, { pipeline: 'constructor', service: 'orders' }, 'invalid_grant'],
    [
      'a user at a pipeline issuer',
      PIPELINES,
      { username: 'alice', service: 'orders' },
      'unsupported_grant_type',
    ],
    [
      'a pipeline at a user issuer',
      'people',
      { pipeline: 'deploy', service: 'orders' },
      'unsupported_grant_type',
    ],
    [
      'an unknown client',
      'people',
      { username: 'alice', service: 'orders', client_id: 'other' },
      'invalid_client',
    ],
    ['client credentials', 'people', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
  ];
  test.each(cases)('%s', async (_name, issuer, form, error) => {
    await expect(provider.token(issuer, form)).rejects.toMatchObject({ error });
  });
});

describe('tokens by hand', () => {
  test('those signed by the same key verify, whatever they say', async () => {
    const [key] = signingKeys(provider.keysFile('people'));
    const claims = {
      iss: 'https://id.shop.example',
      exp: Math.floor(Date.now() / 1000) + 60,
      anything: [1, null],
    };
    expect(await verified('people', await mintToken(key!, claims, { typ: 'x' }))).toMatchObject({
      anything: [1, null],
    });
  });

  test('those that only look so do not', async () => {
    const [key] = signingKeys(provider.keysFile('people'));
    const token = await provider.token('people', { username: 'alice', service: 'orders' });
    const claims = decodeJwt(token) as JsonObject;
    await expect(verified('people', await mintToken(impostorOf(key!), claims))).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
    await expect(verified('people', unsignedToken(claims))).rejects.toThrow();
    await expect(
      verified('people', await provider.token('staff', { username: 'alice', service: 'orders' })),
    ).rejects.toThrow();
  });

  test('private keys are for this user alone, and never served', async () => {
    for (const name of Object.keys(issuers)) {
      expect(statSync(provider.keysFile(name)).mode & 0o777).toBe(0o600);
      for (const key of (await provider.keys(name)).keys) {
        expect(
          Object.keys(key).filter((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(member)),
        ).toEqual([]);
        expect(key).toMatchObject({ use: 'sig', alg: expect.stringMatching(/^(ES|RS)256$/) as string });
      }
    }
  });

  test('a stranger cannot be told from an impostor by its name', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(impostorOf({ ...privateKey.export({ format: 'jwk' }), kid: 'a', alg: 'ES256' })).toMatchObject({
      kid: 'a',
      alg: 'ES256',
    });
  });
});
