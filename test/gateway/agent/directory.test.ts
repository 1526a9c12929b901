import { allow, cognito, defineZeroTrust, http, user, workload } from '../../../lib/model/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { KeyServer } from '../../engines/support/key-server.js';
import { TestMesh } from '../support/mesh.js';
import { publicAuthority } from '../support/public-keys.js';

const plan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: {
      providers: {
        people: cognito({
          directory: 'staff',
          clients: { orders: 'web', payments: 'web' },
          sharedAudience: ['orders', 'payments'],
        }),
      },
    },
    services: { orders: http(), payments: http() },
    access: [
      allow(workload('orders').onBehalfOf(user({ issuer: 'people' }))).to('payments', 'GET /charges/{id}'),
    ],
  }),
  { engine: 'aws' },
);

/** What the deployment made. */
const HOST = 'cognito-idp.eu-west-1.amazonaws.com';
const ISSUER = `https://${HOST}/eu-west-1_AbCdEf123`;
const CLIENT = '1example23456789';
const key = issuerKey('RS256', 'one');
const issuer = new TestIssuer('people', ISSUER, [key]);
const TUNNELLED = { profile: { keys: 'tunnel' } } as const;

let mesh: TestMesh;
let keyServer: KeyServer;
beforeAll(async () => {
  mesh = await TestMesh.create(plan);
  const authority = await publicAuthority(mesh);
  await mesh.application('payments');
  // As the host of a pool serves them: below the pool's own path.
  const served = { issuers: { people: { jwksUri: `${ISSUER}/.well-known/jwks.json` } } } as unknown as Plan;
  keyServer = await KeyServer.start(
    mesh.at('issuers/people/endpoint'),
    await authority.edge([HOST]),
    served,
    [issuer],
  );
  mesh.set('directories/host', HOST);
  mesh.set('issuers/people/issuer', ISSUER);
  mesh.set('issuers/people/jwks', `${ISSUER}/.well-known/jwks.json`);
  mesh.set('issuers/people/clients/web', CLIENT);
  await mesh.serving('key-tunnel');
  await Promise.all([
    mesh.serving('services/orders/sidecar', TUNNELLED),
    mesh.serving('services/payments/sidecar', TUNNELLED),
  ]);
});
afterAll(async () => {
  await mesh.close();
  await keyServer.close();
});

async function charge(change: object = {}): Promise<number> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: 'ada',
    client_id: CLIENT,
    token_use: 'access',
    iat: now,
    exp: now + 60,
    ...change,
  };
  const token = issuer.sign({ alg: 'RS256', kid: 'one' }, claims);
  const { address, port } = mesh.at('services/orders/sidecar/outbound/payments');
  const answer = await fetch(`http://${address}:${port}/charges/1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return answer.status;
}

test('a token of the pool and the client that the deployment made is taken', async () => {
  expect(await charge()).toBe(200);
});

test.each<[string, object]>([
  ['of the text that stands for the issuer', { iss: 'https://cognito.directory.invalid/staff' }],
  ['for the text that stands for the client', { client_id: 'web.staff.directory.invalid' }],
  ['of another pool of the same host', { iss: `https://${HOST}/eu-west-1_Other` }],
  ['for another client', { client_id: 'another' }],
  ['that is no access token', { token_use: 'id' }],
])('a token %s is not', async (_, change) => {
  expect(await charge(change)).toBe(401);
});

test('without one of the values nothing starts', async () => {
  const refs = Object.fromEntries(
    Object.entries(mesh.refs).filter(([name]) => name !== 'issuers/people/clients/web'),
  );
  const agent = await mesh.agent('services/payments/sidecar', { ...TUNNELLED, refs });
  expect(await agent.ended()).toMatchObject({ code: 1, failure: 'missing-ref' });
});
