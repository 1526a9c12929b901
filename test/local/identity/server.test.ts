import { connect } from 'node:tls';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { issuersPlan, TENANT } from '../../support/issuers.js';
import { call, obtainToken } from '../../support/tokens.js';
import { eventually, temporaryFolder } from '../temporary.js';
import { PIPELINES, TestProvider, USERS } from './provider.js';

const plan = issuersPlan();
let provider: TestProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

async function start(): Promise<TestProvider> {
  provider = await TestProvider.start(temporaryFolder());
  return provider;
}

async function prepare(): Promise<TestProvider> {
  provider = await TestProvider.prepare(temporaryFolder());
  return provider;
}

const ALICE = { username: 'alice', service: 'orders' };

describe('each issuer', () => {
  test('has its keys where the plan says, under a certificate for that name', async () => {
    const served = await start();
    for (const [name, { issuer, jwksUri }] of Object.entries(plan.issuers)) {
      const { jwks } = served.issuer(name);
      expect(new URL(jwks).pathname).toBe(new URL(jwksUri).pathname);
      for (const { hostname } of [new URL(issuer), new URL(jwksUri)]) {
        const answer = await call(jwks, { host: hostname, ca: served.ca });
        expect(answer).toMatchObject({
          status: 200,
          headers: { 'content-type': 'application/jwk-set+json' },
        });
      }
      await expect(call(jwks, { host: 'other.example', ca: served.ca })).rejects.toMatchObject({
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
    }
  });

  test('has a discovery document with exactly its name, and endpoints where it was asked', async () => {
    const served = await start();
    const { url } = served.issuer('staff');
    const path = `/${TENANT}/v2.0/.well-known/openid-configuration`;
    const host = 'login.microsoftonline.com';
    const here = JSON.parse((await call(url + path, { host: `${host}:9443`, ca: served.ca })).text) as object;
    expect(here).toMatchObject({
      issuer: plan.issuers['staff']!.issuer,
      token_endpoint: `https://${host}:9443/${TENANT}/v2.0/token`,
      authorization_endpoint: `https://${host}:9443/${TENANT}/v2.0/auth`,
      jwks_uri: `https://${host}:9443/${TENANT}/discovery/v2.0/keys`,
    });
    const real = JSON.parse((await call(url + path, { host, ca: served.ca })).text) as object;
    expect(real).toMatchObject({ jwks_uri: plan.issuers['staff']!.jwksUri });
  });

  test('answers to no other name, and only below its own path', async () => {
    const served = await start();
    const { url, jwks } = served.issuer('staff');
    const host = 'login.microsoftonline.com';
    const as = (name: string, path: string) => call(path, { host, ca: served.ca, headers: { host: name } });
    expect((await as('evil.example', jwks)).status).toBe(421);
    expect((await as('LOGIN.microsoftonline.com:9', jwks)).status).toBe(200);
    expect((await as(host, `${url}/token`)).status).toBe(404);
    expect((await as(host, `${url}/${TENANT}/v2.0evil/token`)).status).toBe(404);
    expect((await call(jwks, { host, ca: served.ca, form: { a: 'b' } })).status).toBe(405);
  });
});

describe('keys', () => {
  test('a new one signs at once, the old one stays until it is removed', async () => {
    const served = await start();
    const kid = async () => decodeProtectedHeader(await served.token('people', ALICE)).kid;
    const first = await kid();
    const { kid: second } = (await served.command('add-key', { issuer: 'people' })) as { kid: string };
    expect(await kid()).toBe(second);
    expect(second).not.toBe(first);
    const published = async () => (await served.keys('people')).keys.map((key) => key.kid);
    expect(await published()).toEqual([first, second]);
    expect(await served.command('keys', { issuer: 'people' })).toEqual([first, second]);
    await served.command('remove-key', { issuer: 'people', kid: first });
    expect(await published()).toEqual([second]);
    expect(await kid()).toBe(second);
  });

  test('the one that signs cannot be removed, nor one that is not there', async () => {
    const served = await start();
    const [kid] = (await served.command('keys', { issuer: 'staff' })) as string[];
    const removed = (fields: object) => served.command('remove-key', { issuer: 'staff', ...fields });
    await expect(removed({ kid })).rejects.toMatchObject({ code: 'last-key' });
    await expect(removed({ kid: 'x' })).rejects.toMatchObject({ code: 'unknown-key' });
    await expect(served.command('add-key', { issuer: 'nobody' })).rejects.toMatchObject({
      code: 'unknown-issuer',
    });
  });

  test('outlive the process', async () => {
    const served = await start();
    const before = await served.keys('people');
    await served.close();
    await served.open();
    expect(await served.keys('people')).toEqual(before);
  });

  test('a wanted algorithm is used, one that the issuer does not use is refused', async () => {
    const served = await prepare();
    served.configure({}, { algorithm: 'RS256' });
    await served.open();
    expect(decodeProtectedHeader(await served.token('people', ALICE)).alg).toBe('RS256');
    await served.close();
    served.configure({}, { algorithm: 'ES256' });
    await expect(served.open()).rejects.toMatchObject({ code: 'invalid-config' });
  });
});

describe('people', () => {
  test('an edit holds at once; one that is not valid is said, and the last good one stays', async () => {
    const served = await start();
    const file = join(served.folder, 'users.yaml');
    writeFileSync(file, `${USERS}  dave: { groups: [new] }\n`);
    const dave = decodeJwt(await served.token('people', { ...ALICE, username: 'dave' }));
    expect(dave['realm']).toEqual({ groups: ['new'] });
    writeFileSync(file, 'users: { alice: { group: [x] } }');
    expect(decodeJwt(await served.token('people', ALICE)).sub).toBe('alice');
    expect(served.events).toMatchObject([{ event: 'users-rejected', code: 'invalid-users' }]);
  });

  test.each([
    ['no list', 'people: {}'],
    ['an unknown field', 'users: { alice: { admin: true } }'],
    ['a group that is none', 'users: { alice: { groups: [""] } }'],
    ['a claim that says what the token is', 'users: { alice: { claims: { iss: x } } }'],
    ['a name with a space', 'users: { "a b": {} }'],
    ['no YAML', 'users: {'],
  ])('%s is refused at the start', async (_name, text) => {
    const served = await prepare();
    writeFileSync(join(served.folder, 'users.yaml'), text);
    await expect(served.open()).rejects.toMatchObject({ code: 'invalid-users' });
  });

  test('there may be none', async () => {
    const served = await prepare();
    served.configure({ users: undefined });
    await served.open();
    await expect(served.token('people', ALICE)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await served.token(PIPELINES, { pipeline: 'deploy', service: 'orders' })).toMatch(/^ey/);
  });
});

describe('the configuration', () => {
  test.each(['0.0.0.0', '10.0.0.1', '192.168.1.5', '128.0.0.1'])(
    'an address that others reach is refused: %s',
    async (address) => {
      const served = await prepare();
      served.configure({}, { address });
      await expect(served.open()).rejects.toMatchObject({ code: 'not-loopback' });
    },
  );

  test.each<[string, object, object]>([
    ['an unknown field', { admin: true }, {}],
    ['no state', { state: undefined }, {}],
    ['an issuer that is not in the plan', { issuers: {} }, {}],
    ['a port that is none', {}, { port: 70_000 }],
    ['a name for an address', {}, { address: 'localhost' }],
    ['an algorithm that is none', {}, { algorithm: 'HS256' }],
  ])('%s is refused', async (_name, change, listener) => {
    const served = await prepare();
    served.configure(change, listener);
    await expect(served.open()).rejects.toMatchObject({ code: 'invalid-config' });
  });

  test('two issuers with one name are refused', async () => {
    const served = await prepare();
    const { people, staff } = plan.issuers;
    served.configure(
      {},
      {},
      { ...plan, issuers: { people: people!, staff: { ...staff!, issuer: people!.issuer } } },
    );
    await expect(served.open()).rejects.toMatchObject({ code: 'invalid-plan' });
  });

  test('a failed start leaves nothing listening', async () => {
    const served = await prepare();
    served.configure({}, { port: 0 });
    const text = readFileSync(served.configPath, 'utf8');
    const config = JSON.parse(text) as { issuers: Record<string, { certificate: string }> };
    config.issuers['staff']!.certificate = join(served.folder, 'none.pem');
    writeFileSync(served.configPath, JSON.stringify(config));
    await expect(served.open()).rejects.toMatchObject({ code: 'certificate-not-readable' });
    writeFileSync(served.configPath, text);
    await served.open();
    expect(await served.token('people', ALICE)).toMatch(/^ey/);
  });

  test('is taken again while it runs: a new service gets tokens, a listener that did not change stays open', async () => {
    const served = await start();
    const { url } = served.issuer('people');
    const port = Number(new URL(url).port);
    const open = connect({ host: '127.0.0.1', port, servername: 'id.shop.example', ca: served.ca });
    await once(open, 'secureConnect');
    const { orders } = plan.policy.services;
    const invoices = { ...orders!, audiences: { people: ['https://invoices'] } };
    served.configure(
      {},
      {},
      {
        ...plan,
        services: {
          ...plan.services,
          invoices: { ...plan.services['orders']!, name: 'invoices', audience: 'https://invoices' },
        },
        policy: { ...plan.policy, services: { ...plan.policy.services, invoices } },
      },
    );
    await expect(served.token('people', { ...ALICE, service: 'invoices' })).rejects.toMatchObject({
      error: 'invalid_target',
    });
    await served.command('reload');
    expect(decodeJwt(await served.token('people', { ...ALICE, service: 'invoices' })).aud).toBe(
      'https://invoices',
    );
    expect(served.issuer('people').url).toBe(url);
    open.write('GET /people.json HTTP/1.1\r\nHost: id.shop.example\r\n\r\n');
    const [data] = (await once(open, 'data')) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1\.1 200 /);
    open.destroy();
  });

  test('that is not good changes nothing', async () => {
    const served = await start();
    served.configure({ issuers: {} });
    await expect(served.command('reload')).rejects.toMatchObject({ code: 'invalid-config' });
    served.configure({ users: join(served.folder, 'none.yaml') });
    await expect(served.command('reload')).rejects.toMatchObject({ code: 'invalid-users' });
    expect(await served.token('people', ALICE)).toMatch(/^ey/);
  });
});

test('a renewed certificate is shown to new connections, and open ones go on', async () => {
  const served = await start();
  const { hostname, port } = new URL(served.issuer('people').url);
  const dial = async () => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      servername: 'id.shop.example',
      ca: served.ca,
    });
    await once(socket, 'secureConnect');
    return socket;
  };
  const before = await dial();
  const serial = before.getPeerCertificate().serialNumber;
  await served.authority.reissue('issuers/people');
  await eventually(async () => {
    const socket = await dial();
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber !== serial;
  }, 'the new certificate is served');
  before.write('GET /people.json HTTP/1.1\r\nHost: id.shop.example\r\n\r\n');
  const [data] = (await once(before, 'data')) as [Buffer];
  expect(data.toString()).toMatch(/^HTTP\/1\.1 200 /);
  before.destroy();
});

test('a page of this machine may ask for a token, one of another may not', async () => {
  const served = await start();
  const { tokenEndpoint, client } = served.issuer('people');
  const ask = (origin: string) =>
    call(tokenEndpoint, {
      host: 'id.shop.example',
      ca: served.ca,
      headers: { origin },
      form: { grant_type: 'urn:zero-trust-platform:development', client_id: client, ...ALICE },
    });
  const own = await ask('http://localhost:3000');
  expect(own).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': 'http://localhost:3000' },
  });
  const foreign = await ask('https://evil.example');
  expect(foreign.status).toBe(400);
  expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
  expect(foreign.text).not.toContain('access_token');
  expect(await obtainToken(served.issuer('people'), served.ca, ALICE)).toMatch(/^ey/);
});
