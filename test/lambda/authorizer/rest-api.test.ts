import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { documentPlace } from '../../../cli/revoke-place.js';
import { callApi, type ApiRequest } from '../../engines/aws/deployed-apis.js';
import { issuer, PEOPLE, policy } from '../../policy/fixture.js';
import { Ministack, REGION } from '../../support/aws/ministack.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../support/python-tools.js';
import { clientOf, deployApi } from './deployed-api.js';
import { authorizerDataOf, ORDERS, people, tokenOf } from './testbed.js';

const BUCKET = 'zero-trust';
const KEY = 'revocations.json';
/** Seconds after which a revocation is known here: a test does not wait for a minute. */
const REFRESH = 2;

/** What reached the service. */
const reached: string[] = [];
const backend = createServer((request, response) => {
  reached.push(`${request.method} ${request.url}`);
  response.end('from the service');
});

/** Without TLS, which the local AWS takes from what its functions ask; other tests have it. */
const keys = createServer((_, response) => response.end(JSON.stringify(people.jwks())));
const portOf = (server: Server) => (server.address() as AddressInfo).port;

let aws: Ministack;
let api: string;

beforeAll(async () => {
  await new Promise<void>((done) => backend.listen(0, '127.0.0.1', done));
  await new Promise<void>((done) => keys.listen(0, '127.0.0.1', done));
  aws = await Ministack.start();
  const { endpoint } = aws;
  const objects = new S3Client({ ...clientOf(aws), forcePathStyle: true });
  await objects.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const body = '{"version":0,"entries":[]}';
  await objects.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: body }));
  const tables = new DynamoDBClient(clientOf(aws));
  for (const name of ['proofs', 'revocations']) {
    await tables.send(
      new CreateTableCommand({
        TableName: name,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
  const item = { id: { S: 'all' }, document: { S: body } };
  await tables.send(new PutItemCommand({ TableName: 'revocations', Item: item }));
  const data = authorizerDataOf(policy(ORDERS, { issuers: { people: issuer(PEOPLE) } }), {
    apis: [{ service: 'orders', api: { ref: 'services/orders/api/id' } as never }],
    issuers: {
      people: { jwksUri: `http://localhost:${portOf(keys)}/jwks`, refreshSeconds: 60, outageSeconds: 600 },
    },
    revocation: {
      store: { kind: 's3', bucket: BUCKET, key: KEY, endpoint },
      document: { version: 0, entries: [] },
      refreshSeconds: REFRESH,
      outageSeconds: 300,
    },
    proofs: { maxAgeSeconds: 60, replay: { kind: 'dynamodb', table: 'proofs', endpoint } },
  });
  api = await deployApi(aws, data, `http://127.0.0.1:${portOf(backend)}`);
}, PYTHON_TOOLS_TIMEOUT);

afterAll(async () => {
  await aws?.stop();
  keys.close();
  backend.close();
});

const now = () => Math.floor(Date.now() / 1000);
const alive = (claims: object = {}) => tokenOf({ iat: now() - 60, exp: now() + 600, ...claims });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The status, and whether the request reached the service. */
async function ask(asked: ApiRequest): Promise<readonly [number, boolean]> {
  const before = reached.length;
  const { status } = await callApi(aws, api, asked);
  return [status, reached.length > before];
}

test('what the policy admits reaches the service by its own path, and what it does not never', async () => {
  expect(await ask({ path: '/orders/7', headers: bearer(alive()) })).toEqual([200, true]);
  expect(reached.at(-1)).toBe('GET /orders/7');
  // A cached policy for one method must open no other.
  const headers = bearer(alive());
  expect(await ask({ path: '/orders', headers })).toEqual([200, true]);
  expect(await ask({ path: '/orders', method: 'DELETE', headers })).toEqual([403, false]);
  expect(await ask({ path: '/orders', method: 'POST', headers })).toEqual([401, false]);
  expect(await ask({ path: '/orders' })).toEqual([401, false]);
  expect(await ask({ path: '/orders', headers: bearer(alive({ aud: 'other' })) })).toEqual([401, false]);
  expect(await ask({ path: '/public/page' })).toEqual([200, true]);
});

test('a proof passes once, whatever environment it comes to', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
  const token = alive({
    cnf: { jkt: hash(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y })) },
  });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { htm: 'GET', htu: 'https://orders.shop.test/orders', iat: now(), jti: randomUUID() };
  const input = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${part({ ...claims, ath: hash(token) })}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const headers = { authorization: `DPoP ${token}`, dpop: `${input}.${signature.toString('base64url')}` };
  expect(await ask({ path: '/orders', headers: bearer(token) })).toEqual([401, false]);
  expect(await ask({ path: '/orders', headers })).toEqual([200, true]);
  expect(await ask({ path: '/orders', headers })).toEqual([401, false]);
});

describe('revocations that are written while it runs', () => {
  const environment = () => ({
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: aws.endpoint,
  });
  const until = () => now() + 3600;

  test('stop a known token, and a service, without a deployment', async () => {
    const headers = bearer(alive({ jti: 'stolen' }));
    expect(await ask({ path: '/orders', headers })).toEqual([200, true]);
    const place = documentPlace(`s3://${BUCKET}/${KEY}`, environment());
    const entries: object[] = [{ kind: 'token', issuer: 'people', value: 'stolen', until: until() }];
    expect(await place.write(JSON.stringify({ version: 1, entries }), await place.read())).toBe(true);
    await eventually(async () => (await ask({ path: '/orders', headers }))[0] === 401);
    expect(await ask({ path: '/orders', headers: bearer(alive()) })).toEqual([200, true]);
    entries.push({ kind: 'service', service: 'orders', until: until() });
    expect(await place.write(JSON.stringify({ version: 2, entries }), await place.read())).toBe(true);
    await eventually(async () => (await ask({ path: '/public/page' }))[0] === 403);
    expect(await ask({ path: '/orders', headers: bearer(alive()) })).toEqual([403, false]);
  });

  test.each([`s3://${BUCKET}/${KEY}`, 'dynamodb://revocations/all'])(
    'of two writers to %s at the same time one must read again',
    async (where) => {
      const place = documentPlace(where, environment());
      const seen = await place.read();
      const texts = ['first', 'second'].map((writer) => JSON.stringify({ version: 3, entries: [], writer }));
      const wrote = await Promise.all(texts.map((text) => place.write(text, seen)));
      expect(wrote.filter(Boolean)).toHaveLength(1);
      expect((await place.read())?.text).toBe(texts[wrote.indexOf(true)]);
      expect(await place.write('{}', undefined)).toBe(false);
    },
  );
});

/** Wait for what comes within a refresh or two. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 200));
}
