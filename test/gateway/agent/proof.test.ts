import { request } from 'node:https';
import {
  allow,
  defineZeroTrust,
  http,
  oidc,
  senderConstrained,
  user,
  workload,
} from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { KeyServer } from '../../engines/support/key-server.js';
import { clientCertificate } from '../support/api-gateway.js';
import { TestMesh } from '../support/mesh.js';
import { publicAuthority } from '../support/public-keys.js';

const ISSUER = 'https://login.shop.example';
const SIDECAR = 'services/web/sidecar';
const person = user({ issuer: 'people' });

const plan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: {
      providers: {
        people: oidc({ issuer: ISSUER, jwksUri: `${ISSUER}/jwks`, sharedAudience: ['web', 'shop'] }),
      },
    },
    services: { web: http({ host: 'www.shop.example' }), shop: http({ host: 'shop.shop.example' }) },
    access: [
      allow(person).to('web', 'GET /account').when(senderConstrained('dpop')),
      allow(person).to('web', 'GET /orders'),
      allow(workload('shop').onBehalfOf(person)).to('web', 'GET /peer'),
    ],
  }),
  { engine: 'aws' },
);
const issuer = new TestIssuer('people', ISSUER, [issuerKey('ES256', 'one')]);

/** A request with that header to `/account`, `/orders` or `/peer`. */
type Way = (path: string, authorization?: string) => Promise<number | undefined>;

let mesh: TestMesh;
let keyServer: KeyServer;
let gateway: Way;
let sidecar: Way;
let peer: Way;
beforeAll(async () => {
  mesh = await TestMesh.create(plan);
  const authority = await publicAuthority(mesh);
  const leaf = await authority.edge(['login.shop.example']);
  keyServer = await KeyServer.start(mesh.at('issuers/people/endpoint'), leaf, plan, [issuer]);
  await mesh.application('web');
  const apiGateway = await clientCertificate();
  mesh.set('gateway/client/current', apiGateway.hash);
  mesh.set('gateway/client/next', apiGateway.hash);
  const edge = {
    environment: { ZTP_EDGE_CERTIFICATE: 'self-made' },
    profile: { edge: 'apiGateway' },
  } as const;
  await Promise.all([mesh.serving('gateway', edge), mesh.serving(SIDECAR)]);
  gateway = way('gateway/listen', apiGateway);
  sidecar = way(`${SIDECAR}/listen`, await mesh.leaf(plan.gateway.spiffeId));
  peer = way(`${SIDECAR}/listen`, await mesh.leaf(plan.services['shop']!.sidecar.spiffeId));
});
afterAll(async () => {
  await mesh.close();
  await keyServer.close();
});

function way(name: string, { cert, key }: { readonly cert: string; readonly key: string }): Way {
  const { address, port } = mesh.at(name);
  return (path, authorization) =>
    new Promise((done, fail) => {
      const headers = { host: 'www.shop.example', ...(authorization && { authorization }) };
      const options = {
        host: address,
        port,
        path,
        headers,
        cert,
        key,
        rejectUnauthorized: false,
        agent: false,
      };
      request(options, (answer) => done(answer.resume().statusCode))
        .on('error', fail)
        .end();
    });
}

function token(claims: object = {}, bytes?: number): string {
  const now = Math.floor(Date.now() / 1000);
  const aud = plan.services['web']!.audience;
  const all = { iss: ISSUER, sub: 'ada', aud, iat: now, exp: now + 300, ...claims };
  const made = issuer.sign({ alg: 'ES256', kid: 'one' }, all);
  return bytes === undefined
    ? made
    : token({ ...claims, pad: 'x'.repeat(Math.floor(((bytes - made.length) * 3) / 4)) });
}

const bound = { cnf: { jkt: 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0' } };

test.each<[what: string, authorization: string | undefined, account: number, orders: number]>([
  ['a bound token as DPoP', `DPoP ${token(bound)}`, 200, 200],
  ['a bound token as Bearer', `Bearer ${token(bound)}`, 401, 401],
  ['another token as Bearer', `Bearer ${token()}`, 403, 200],
  ['another token as DPoP', `DPoP ${token()}`, 401, 401],
  ['a token bound to nothing', `DPoP ${token({ cnf: { jkt: '' } })}`, 401, 401],
  ['a token bound to no text', `DPoP ${token({ cnf: { jkt: 5 } })}`, 401, 401],
  ['a token bound to a certificate alone', `DPoP ${token({ cnf: { 'x5t#S256': 'x' } })}`, 401, 401],
  ['the scheme in other case', `dpop ${token(bound)}`, 401, 401],
  ['a token that is no token', 'DPoP a.b.c', 401, 401],
  ['a token of more than 8 KiB', `DPoP ${token(bound, 8200)}`, 401, 401],
  ['no token', undefined, 401, 401],
])(
  '%s is judged alike behind the authorizer, at the gateway and at the sidecar',
  async (_, header, account, orders) => {
    for (const ask of [gateway, sidecar]) {
      expect([await ask('/account', header), await ask('/orders', header)]).toEqual([account, orders]);
    }
  },
);

test('a workload cannot use a token that is bound to a user’s key', async () => {
  expect(await peer('/peer', `Bearer ${token()}`)).toBe(200);
  expect(await peer('/peer', `DPoP ${token(bound)}`)).toBe(401);
  expect(await peer('/peer', `Bearer ${token(bound)}`)).toBe(401);
});
