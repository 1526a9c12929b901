import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CERTIFICATE_HASH, SOURCE_ADDRESS } from '../../../lambda/authorizer/service.js';
import type { Policy, Template } from '../../../lib/index.js';
import { temporaryFolder } from '../../local/temporary.js';
import type { AuthorizerData } from '../../../lambda/authorizer/data.js';
import { PEER } from '../../../lib/point/decision-headers.js';
import {
  allow,
  anyone,
  bound,
  GATEWAY,
  NOW,
  office,
  policy,
  user,
  workloadId,
} from '../../policy/fixture.js';
import { createDecisionService } from './decision-service.js';
import { authorizerDataOf, builds, ORDERS, partners, people, tokenOf } from './testbed.js';

let server: Server;
afterEach(
  () =>
    new Promise<void>((done) => {
      server.closeAllConnections();
      server.close(() => done());
    }),
);

async function serve(of: Policy, answers = true, over: Partial<AuthorizerData> = {}): Promise<void> {
  const service = createDecisionService({
    template: authorizerDataOf(of, over) as unknown as Template,
    refs: {},
    environment: {},
    clock: () => NOW * 1000,
    write: () => undefined,
    fetchText: (url) => {
      const issuer = [people, partners, builds].find((one) => `${one.issuer}/jwks` === url);
      if (!answers) return Promise.reject(new Error('nobody answers'));
      return Promise.resolve({ status: 200, headers: {}, text: JSON.stringify(issuer?.jwks()) });
    },
  });
  server = createServer(service);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask({ method = 'GET', path = '/orders', host = 'orders.shop.test', headers = {} }: Asked) {
  const { port } = server.address() as AddressInfo;
  return new Promise<IncomingMessage>((done, fail) => {
    request({ host: '127.0.0.1', port, method, path, headers: { host, ...headers } }, (answer) => {
      answer.resume();
      done(answer);
    })
      .once('error', fail)
      .end();
  });
}

const authorization = `Bearer ${tokenOf()}`;

test('200 admits, and every refusal has the status and the challenge of the table', async () => {
  await serve(policy(ORDERS));
  const rows: [Asked, number, string | undefined][] = [
    [{ headers: { authorization } }, 200, undefined],
    [{ headers: { authorization }, path: '/orders?a=/../b' }, 200, undefined],
    [{ path: '/public/a' }, 200, undefined],
    [{ headers: { authorization }, path: '/orders/' }, 400, undefined],
    [{ headers: { authorization: 'Bearer a.b.c' } }, 401, 'Bearer error="invalid_token"'],
    [{}, 401, 'Bearer'],
    [{ headers: { authorization }, method: 'POST' }, 401, 'Bearer error="insufficient_user_authentication"'],
    [{ headers: { authorization }, method: 'DELETE' }, 403, undefined],
    [{ headers: { authorization }, host: 'other.shop.test' }, 403, undefined],
    [{ headers: { authorization, x_role: 'admin' } }, 400, undefined],
  ];
  for (const [asked, status, challenge] of rows) {
    const answer = await ask(asked);
    expect([asked, answer.statusCode, answer.headers['www-authenticate']]).toEqual([
      asked,
      status,
      challenge,
    ]);
  }
});

test('without keys nothing is decided about a token', async () => {
  await serve(policy(ORDERS), false);
  expect((await ask({ headers: { authorization } })).statusCode).toBe(503);
});

test('the address and the certificate are those that Envoy names', async () => {
  const hash = Buffer.alloc(32, 7);
  const rules = [
    allow('office', { operations: ['GET /office'], principals: [anyone], conditions: [office] }),
    allow('bound', { operations: ['GET /bound'], principals: [user('people')], conditions: [bound] }),
  ];
  await serve(policy(rules));
  const own = `Bearer ${tokenOf({ cnf: { 'x5t#S256': hash.toString('base64url') } })}`;
  expect((await ask({ path: '/office', headers: { [SOURCE_ADDRESS]: '10.0.0.1' } })).statusCode).toBe(200);
  expect((await ask({ path: '/office', headers: { [SOURCE_ADDRESS]: '203.0.113.1' } })).statusCode).toBe(403);
  expect((await ask({ path: '/office' })).statusCode).toBe(403);
  const certificate = { [CERTIFICATE_HASH]: hash.toString('hex') };
  expect((await ask({ path: '/bound', headers: { authorization: own, ...certificate } })).statusCode).toBe(
    200,
  );
  expect((await ask({ path: '/bound', headers: { authorization: own } })).statusCode).toBe(401);
  const two = { [CERTIFICATE_HASH]: [hash.toString('hex'), hash.toString('hex')] as never };
  expect((await ask({ path: '/bound', headers: { authorization: own, ...two } })).statusCode).toBe(401);
  const other = { [CERTIFICATE_HASH]: Buffer.alloc(32, 8).toString('hex') };
  expect((await ask({ path: '/bound', headers: { authorization: own, ...other } })).statusCode).toBe(401);
});

test('what is revoked while it runs is refused within 60 seconds, and without the store nothing is admitted', async () => {
  let now = NOW * 1000;
  let document: object | undefined = { version: 1, entries: [] };
  const revocation = {
    store: { kind: 's3', bucket: 'bucket', key: 'revoked.json' },
    document: { version: 0, entries: [] },
    refreshSeconds: 60,
    outageSeconds: 300,
  } as const;
  const service = createDecisionService({
    template: authorizerDataOf(policy(ORDERS), { revocation }) as unknown as Template,
    refs: {},
    environment: { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
    clock: () => now,
    write: () => undefined,
    fetchText: (url) => {
      const text = url.includes('.s3.') ? document : people.jwks();
      return Promise.resolve({ status: text ? 200 : 404, headers: {}, text: JSON.stringify(text) });
    },
  });
  server = createServer(service);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  const status = async (path = '/orders') => (await ask({ path, headers: { authorization } })).statusCode;
  expect(await status()).toBe(200);
  const until = NOW + 100_000;
  document = { version: 2, entries: [{ kind: 'subject', issuer: 'people', value: 'alice', until }] };
  now += 60_000;
  expect(await status()).toBe(401);
  document = { version: 3, entries: [{ kind: 'service', service: 'orders', until }] };
  now += 60_000;
  expect(await status()).toBe(403);
  // An older one gives nothing back, and neither does none.
  document = { version: 2, entries: [] };
  now += 60_000;
  expect(await status()).toBe(403);
  document = undefined;
  now += 301_000;
  expect(await status('/public/a')).toBe(503);
});

test('in a cluster what is revoked is a ConfigMap: empty it changes nothing, and taken away it gives nothing back', async () => {
  let now = NOW * 1000;
  let data: object | undefined = {};
  let status = 200;
  const asked: [string, string | undefined, string | undefined][] = [];
  const account = temporaryFolder();
  writeFileSync(join(account, 'ca.crt'), 'authority');
  writeFileSync(join(account, 'token'), 'first\n');
  const revocation = {
    store: { kind: 'kubernetes', namespace: 'shop', name: 'revoked', key: 'document' },
    document: { version: 0, entries: [] },
    refreshSeconds: 60,
    outageSeconds: 300,
  } as const;
  const service = createDecisionService({
    template: authorizerDataOf(policy(ORDERS), { revocation }) as unknown as Template,
    refs: {},
    environment: {
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '443',
      ZTP_SERVICE_ACCOUNT: account,
    },
    clock: () => now,
    write: () => undefined,
    fetchText: (url, { headers, ca }) => {
      const isKeys = url.endsWith('/jwks');
      if (!isKeys) asked.push([url, headers?.['authorization'], ca]);
      const text = JSON.stringify(isKeys ? people.jwks() : { data });
      return Promise.resolve({ status: isKeys ? 200 : status, headers: {}, text });
    },
  });
  server = createServer(service);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  const answer = async (path = '/orders') => (await ask({ path, headers: { authorization } })).statusCode;
  expect(await answer()).toBe(200);
  const url = 'https://[fd00::1]:443/api/v1/namespaces/shop/configmaps/revoked';
  expect(asked).toEqual([[url, 'Bearer first', 'authority']]);
  // The kubelet renews the token of a pod.
  writeFileSync(join(account, 'token'), 'second');
  const entries = [{ kind: 'subject', issuer: 'people', value: 'alice', until: NOW + 100_000 }];
  data = { document: JSON.stringify({ version: 2, entries }) };
  now += 60_000;
  expect(await answer()).toBe(401);
  expect(asked.at(-1)).toEqual([url, 'Bearer second', 'authority']);
  data = {};
  now += 60_000;
  expect(await answer()).toBe(401);
  now += 301_000;
  expect(await answer('/public/a')).toBe(503);
  data = { document: JSON.stringify({ version: 3, entries: [] }) };
  now += 60_000;
  expect(await answer()).toBe(200);
  status = 403;
  now += 361_000;
  expect(await answer('/public/a')).toBe(503);
});

test('in the place of sidecars their waypoint alone asks, for whatever service is named, by any of its names', async () => {
  const waypoint = 'spiffe://cluster.shop.test/ns/shop/sa/waypoint';
  const rules = policy(ORDERS);
  const { orders, ...others } = rules.services;
  const services = { ...others, orders: { ...orders!, aliases: ['orders', 'orders.shop.svc'] } };
  const service = createDecisionService({
    template: authorizerDataOf(
      { ...rules, services, waypoint },
      { standsAt: { kind: 'sidecars' } },
    ) as unknown as Template,
    refs: {},
    environment: {},
    clock: () => NOW * 1000,
    write: () => undefined,
    fetchText: () => Promise.resolve({ status: 200, headers: {}, text: JSON.stringify(people.jwks()) }),
  });
  server = createServer(service);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  const status = async (asker: string | undefined, host = 'orders.shop.test') => {
    const said = `By=spiffe://cluster.shop.test/ns/shop/sa/decision;Hash=${'0'.repeat(64)};URI=${asker}`;
    const headers = {
      authorization,
      [SOURCE_ADDRESS]: '10.0.0.1',
      [PEER]: rules.gateways[0]!,
      ...(asker !== undefined && { 'x-forwarded-client-cert': said }),
    };
    return (await ask({ host, headers })).statusCode;
  };
  expect(await status(waypoint)).toBe(200);
  expect(await status(waypoint, 'orders.shop.svc:80')).toBe(200);
  expect(await status(waypoint, 'orders.elsewhere.svc')).not.toBe(200);
  expect(await status(orders!.spiffeId)).toBe(403);
  expect(await status(undefined)).toBe(403);
});

test('in a mesh a gateway asks as the gateway, a sidecar for its own service, and nobody else gets an answer', async () => {
  const hash = Buffer.alloc(32, 7);
  const rules = [
    allow('office', { operations: ['GET /office'], principals: [anyone], conditions: [office] }),
    allow('bound', { operations: ['GET /bound'], principals: [user('people')], conditions: [bound] }),
  ];
  await serve(policy(rules), true, { standsAt: { kind: 'sidecars' } });
  const own = `Bearer ${tokenOf({ cnf: { 'x5t#S256': hash.toString('base64url') } })}`;
  const askedBy = (id: string) => ({ 'x-forwarded-client-cert': `By=none;Hash=${'0'.repeat(64)};URI=${id}` });
  const status = async (path: string, headers: Readonly<Record<string, string>>) =>
    (await ask({ path, headers })).statusCode;
  const inside = { [SOURCE_ADDRESS]: '10.0.0.1' };
  const outside = { [SOURCE_ADDRESS]: '203.0.113.1' };
  const certificate = { [CERTIFICATE_HASH]: hash.toString('hex'), authorization: own };
  const atGateway = askedBy(GATEWAY);
  expect(await status('/office', { ...atGateway, ...inside })).toBe(200);
  expect(await status('/office', { ...atGateway, ...outside })).toBe(403);
  expect(await status('/bound', { ...atGateway, ...certificate })).toBe(200);
  expect(await status('/bound', { ...atGateway, authorization: own })).toBe(401);
  // Behind the gateway its word is enough; to the next service it is a stranger's.
  const atSidecar = { ...askedBy(workloadId('orders')), [PEER]: GATEWAY };
  expect(await status('/office', { ...atSidecar, ...outside })).toBe(200);
  expect(await status('/bound', { ...atSidecar, authorization: own })).toBe(200);
  expect(await status('/office', { ...askedBy(workloadId('payments')), [PEER]: GATEWAY })).toBe(403);
  expect(await status('/office', { ...askedBy(workloadId('stranger')), ...inside })).toBe(403);
  expect(await status('/office', inside)).toBe(403);
});

test('where no proof is remembered a token that is bound to a key is nobody’s', async () => {
  const rules = [allow('bound', { operations: ['GET /bound'], principals: [user('people')] })];
  await serve(policy(rules, { dpop: true }), true, {
    standsAt: { kind: 'sidecars' },
    proofs: undefined as never,
  });
  const headers = {
    'x-forwarded-client-cert': `By=none;Hash=${'0'.repeat(64)};URI=${GATEWAY}`,
    authorization: `DPoP ${tokenOf({ cnf: { jkt: 'a'.repeat(43) } })}`,
    dpop: 'a.b.c',
  };
  expect((await ask({ path: '/bound', headers })).statusCode).toBe(401);
});
