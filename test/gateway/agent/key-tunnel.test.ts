import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { allow, defineZeroTrust, http, oidc, user, workload } from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { TestAuthority } from '../../engines/support/authority.js';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { KeyServer } from '../../engines/support/key-server.js';
import { TestMesh } from '../support/mesh.js';
import { publicAuthority } from '../support/public-keys.js';

const ISSUER = 'https://login.shop.example';
const plan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: {
      providers: { people: oidc({ issuer: ISSUER, jwksUri: `${ISSUER}/jwks`, exchange: 'rfc8693' }) },
    },
    services: { orders: http(), payments: http() },
    access: [
      allow(workload('orders').onBehalfOf(user({ issuer: 'people' }))).to('payments', 'GET /charges/{id}'),
    ],
  }),
  { engine: 'aws' },
);
/** Points that take tokens. */
const POINTS = 2;
const TUNNELLED = { profile: { keys: 'tunnel' } } as const;
const issuer = new TestIssuer('people', ISSUER, [issuerKey('ES256', 'one')]);

let mesh: TestMesh;
let keyServer: KeyServer;
let honest: TestAuthority;
beforeEach(async () => {
  mesh = await TestMesh.create(plan);
  honest = await publicAuthority(mesh);
  await mesh.application('payments');
});
afterEach(async () => {
  await mesh.close();
  await keyServer.close();
});

async function serveKeys(authority: TestAuthority, host = 'login.shop.example'): Promise<void> {
  keyServer = await KeyServer.start(mesh.at('issuers/people/endpoint'), await authority.edge([host]), plan, [
    issuer,
  ]);
  await mesh.serving('key-tunnel');
  await Promise.all([
    mesh.serving('services/orders/sidecar', TUNNELLED),
    mesh.serving('services/payments/sidecar', TUNNELLED),
  ]);
}

async function charge(): Promise<number> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: 'ada',
    aud: plan.services['payments']!.audience,
    iat: now,
    exp: now + 60,
  };
  const token = issuer.sign({ alg: 'ES256', kid: 'one' }, claims);
  const { address, port } = mesh.at('services/orders/sidecar/outbound/payments');
  const answer = await fetch(`http://${address}:${port}/charges/1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return answer.status;
}

test('keys come through the tunnel, and tokens are judged by them', async () => {
  await serveKeys(honest);
  expect(await charge()).toBe(200);
});

test('each point fetches them ahead of any request, so that known keys outlive an outage', async () => {
  await serveKeys(honest);
  while ((keyServer.asked.get('people') ?? 0) < POINTS) await sleep(50);
});

test.each([
  [
    'of another authority',
    async () => TestAuthority.create(certificateProfiles(600), 'taken'),
    'login.shop.example',
  ],
  ['of another name', async () => honest, 'evil.example'],
])('a server with a certificate %s behind the tunnel mints nobody', async (_what, authority, host) => {
  await serveKeys(await authority(), host);
  expect(await charge()).toBe(401);
});

test('the tunnel leads to the hosts of the plan alone, and for workloads alone', async () => {
  await serveKeys(honest);
  const { address, port } = mesh.at('key-tunnel/listen');
  const leaf = await mesh.leaf(plan.services['orders']!.sidecar.spiffeId);
  const open = async (servername: string, shown: object) => {
    const socket = connect({ host: address, port, servername, rejectUnauthorized: false, ...shown });
    // TLS 1.3 refuses a client's certificate only after the client is done: a byte through the tunnel counts.
    socket.on('error', () => {});
    const inner = connect({ socket, servername: 'login.shop.example', rejectUnauthorized: false });
    inner.on('error', () => {});
    const reached = await Promise.race([
      new Promise<boolean>((done) => inner.once('secureConnect', () => done(true))),
      new Promise<boolean>((done) => socket.once('close', () => done(false))),
    ]);
    socket.destroy();
    return reached;
  };
  expect(await open('login.shop.example', leaf)).toBe(true);
  expect(await open('elsewhere.example', leaf)).toBe(false);
  expect(await open('login.shop.example', {})).toBe(false);
  const foreign = await TestAuthority.create(certificateProfiles(600), 'foreign');
  const { certificate, key } = await foreign.workload(plan.services['orders']!.sidecar.spiffeId);
  expect(await open('login.shop.example', { cert: certificate, key })).toBe(false);
});
