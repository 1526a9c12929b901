import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { Browser } from '../../../examples/shop/demo/browser.js';
import {
  allow,
  anyone,
  defineZeroTrust,
  http,
  login,
  oidc,
  sourceNetwork,
  user,
} from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { KeyServer } from '../../engines/support/key-server.js';
import { bundled } from '../../support/aws/local-origin.js';
import type { AgentProcess } from '../support/agent-process.js';
import { type ApiGateway, clientCertificate } from '../support/api-gateway.js';
import { TestMesh } from '../support/mesh.js';
import { Provider } from '../support/provider.js';
import { publicAuthority } from '../support/public-keys.js';

const DESK = 'desk.shop.example';
const WEB = 'www.shop.example';
const ORDERS = 'orders.shop.example';
const ISSUER = 'https://people.example';
/** Its keys and its tokens are at two servers, as with Cognito and Google. */
const [KEYS, SIGN_IN] = ['keys.people.example', 'login.people.example'];
const people = user({ issuer: 'people' });
const plan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: {
      providers: {
        people: oidc({
          issuer: ISSUER,
          jwksUri: `https://${KEYS}/jwks`,
          endpoints: { authorization: `https://${SIGN_IN}/authorize`, token: `https://${SIGN_IN}/token` },
        }),
      },
    },
    services: {
      desk: http({ host: DESK, login: login({ provider: 'people', clientId: 'desk' }) }),
      web: http({ host: WEB }),
      orders: http({ host: ORDERS, edge: 'loadBalancer' }),
    },
    access: [
      allow(people).to('desk', 'GET /tickets', 'POST /tickets'),
      allow(people).to('desk', 'GET /office').when(sourceNetwork('198.51.100.0/24')),
      allow(anyone()).to('web', 'GET /'),
      allow(people).to('orders', 'GET /').when(sourceNetwork('198.51.100.0/24')),
      allow(people).to('orders', 'GET /open'),
    ],
  }),
  { engine: 'aws' },
);
const SECRETS = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:';
const [CLIENT, SESSION, CERTIFICATE] = ['client', 'session', 'certificate'].map(
  (name) => `${SECRETS}${name}`,
) as [string, string, string];
const logins = { 'services/desk/login': { client: { secretArn: CLIENT }, session: { secretArn: SESSION } } };
const issuer = new TestIssuer('people', ISSUER, [issuerKey('ES256', 'one')]);
const SEAL = 'the-first-seal-of-sessions-that-nobody-may-read';

let mesh: TestMesh;
let provider: Provider;
let keyServer: KeyServer;
let ca: string;
let gateway: AgentProcess;
let apiGateway: ApiGateway;

function token(service: 'desk' | 'orders' = 'desk'): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, sub: 'ada', aud: plan.services[service]!.audience, iat: now, exp: now + 300 };
  return issuer.sign({ alg: 'ES256', kid: 'one' }, claims);
}

beforeAll(async () => {
  mesh = await TestMesh.create(plan);
  const authority = await publicAuthority(mesh);
  ca = authority.root;
  mesh.place('issuers/people/token/endpoint', await mesh.free('tokens', 8443));
  mesh.place('gateway/browsers/listen', await mesh.free('gateway', 15_444));
  provider = await Provider.start({
    place: mesh.at('issuers/people/token/endpoint'),
    leaf: await authority.edge([SIGN_IN]),
    clientId: 'desk',
    redirectUri: `https://${DESK}/.ztp/callback`,
    token: () => token(),
  });
  keyServer = await KeyServer.start(mesh.at('issuers/people/endpoint'), await authority.edge([KEYS]), plan, [
    issuer,
  ]);
  const { certificate, key } = await authority.edge([DESK, ORDERS, WEB]);
  mesh.cloud.secrets.set(CLIENT, provider.secret);
  mesh.cloud.secrets.set(SESSION, JSON.stringify({ secret: SEAL }));
  mesh.cloud.secrets.set(CERTIFICATE, JSON.stringify({ certificate, privateKey: key }));
  await Promise.all([mesh.application('desk'), mesh.application('web'), mesh.application('orders')]);
  const bundle = join(mesh.state.path, 'image', 'agent', 'index.js');
  mkdirSync(join(bundle, '..'), { recursive: true });
  writeFileSync(bundle, await bundled('gateway/agent', mesh.cloud.url));
  apiGateway = await clientCertificate();
  mesh.set('gateway/client/current', apiGateway.hash);
  mesh.set('gateway/client/next', apiGateway.hash);
  await mesh.serving('key-tunnel');
  [gateway] = await Promise.all([
    mesh.serving('gateway', {
      bundle,
      environment: { ZTP_EDGE_CERTIFICATE: CERTIFICATE, ZTP_LOGINS: JSON.stringify(logins) },
      profile: { keys: 'tunnel', edge: 'apiGateway' },
    }),
    mesh.serving('services/desk/sidecar', { profile: { keys: 'tunnel' } }),
    mesh.serving('services/orders/sidecar', { profile: { keys: 'tunnel' } }),
  ]);
});
afterAll(async () => {
  await mesh.close();
  await Promise.all([provider.close(), keyServer.close()]);
});

/** A browser whose requests come by the load balancer, which says where it is. */
function browser(): Browser {
  return new Browser((host) => {
    const at = host === SIGN_IN ? 'issuers/people/token/endpoint' : 'gateway/browsers/listen';
    return { ...mesh.at(at), ca };
  });
}
/** The status of what API Gateway asks for, with a token. */
async function byApiGateway(host: string, path: string): Promise<number | undefined> {
  const { address, port } = mesh.at('gateway/listen');
  const { cert, key } = apiGateway;
  const headers = { host, authorization: `Bearer ${token('orders')}` };
  const asked = get({ path, host: address, port, servername: host, ca, cert, key, headers });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

test('a browser signs in: the secret comes from Secrets Manager, the code goes through the tunnel', async () => {
  const ada = browser();
  const page = await ada.visit(`https://${DESK}/tickets`, from('203.0.113.9'));
  expect(page).toMatchObject({ status: 200, url: `https://${DESK}/tickets` });
  expect(provider.exchanged).toEqual(['token']);
  // The session alone, by the token that every point judges.
  expect(await ada.visit(`https://${DESK}/tickets`)).toMatchObject({
    status: 200,
    way: [[200, expect.anything()]],
  });
  const cookie = [...ada.cookies.get(DESK)!].map(([name, { value }]) => `${name}=${value}`).join('; ');
  const foreign = await browser().visit(`https://${DESK}/tickets`, {
    method: 'POST',
    from: 'https://evil.example/',
    headers: { cookie },
  });
  expect(foreign.status).toBe(403);
  expect(await browser().visit(`https://${DESK}/tickets`, { isCall: true })).toMatchObject({ status: 401 });
});

test("the client's address is the load balancer's word, and nobody else's", async () => {
  const ada = browser();
  await ada.visit(`https://${DESK}/tickets`, from('203.0.113.9'));
  const office = async (address: string) => (await ada.visit(`https://${DESK}/office`, from(address))).status;
  expect(await office('203.0.113.9, 198.51.100.7')).toBe(200);
  expect(await office('198.51.100.7, 203.0.113.9')).toBe(403);
  expect((await ada.visit(`https://${DESK}/office`)).status).toBe(403);
});

test('no host of another edge comes this way', async () => {
  expect((await browser().visit('https://www.shop.example/')).status).toBe(403);
});

test('a client with a token comes by the load balancer too, and is judged where it says that he is', async () => {
  const call = async (address: string, more: Record<string, string>) =>
    (
      await browser().visit(`https://${ORDERS}/`, {
        isCall: true,
        headers: { 'x-forwarded-for': address, ...more },
      })
    ).status;
  const authorization = `Bearer ${token('orders')}`;
  expect(await call('203.0.113.9, 198.51.100.7', { authorization })).toBe(200);
  expect(await call('198.51.100.7, 203.0.113.9', { authorization })).toBe(403);
  expect(await call('198.51.100.7', {})).toBe(401);
  expect(await call('198.51.100.7', { authorization: `Bearer ${token()}` })).toBe(401);
});

test('nothing of it comes by the listener for API Gateway, which would have judged the address', async () => {
  expect(await byApiGateway(ORDERS, '/open')).toBe(403);
  expect(await byApiGateway(WEB, '/')).not.toBe(403);
});

test("a client's secret that is wrong ends at the callback, and what is wrong is in no answer and no log", async () => {
  const { secret } = provider;
  provider.secret = 'another-secret-of-the-client';
  const page = await browser().visit(`https://${DESK}/tickets`);
  provider.secret = secret;
  expect(page).toMatchObject({ status: 401, body: 'sign-in failed' });
  expect(provider.exchanged.at(-1)).toBe('invalid_client');
});

test('the secrets are in no line of the log, and in files of the owner alone', () => {
  const output = gateway.output.join('\n');
  for (const secret of [provider.secret, SEAL, 'PRIVATE KEY']) expect(output).not.toContain(secret);
  const folder = join(gateway.options.volume, 'logins', 'desk');
  expect(readdirSync(folder).sort()).toEqual(['client.json', 'session.json']);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'session.json'), 'utf8')).toContain(SEAL);
  expect(readFileSync(join(gateway.options.volume, 'bootstrap.json'), 'utf8')).not.toContain(SEAL);
});
