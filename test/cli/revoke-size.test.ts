import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { documentPlace } from '../../cli/revoke-place.js';
import { revoke } from '../../cli/revoke-run.js';
import type { RevocationStore } from '../../lambda/authorizer/data.js';
import { fetchText } from '../../lambda/authorizer/fetch-text.js';
import { revocationReader } from '../../lambda/authorizer/revocation-store.js';
import type { RevocationDocument } from '../../lib/index.js';
import { program } from '../local/temporary.js';

const folder = mkdtempSync(join(tmpdir(), 'ztp-revoke-'));
const MODEL = join(folder, 'model.json');
const FILE = join(folder, 'revocations.json');
const S3 = 's3://bucket/revocations.json';
const ITEM = 'dynamodb://zero-trust/revocations';
const MAP = 'configmap://shop/zero-trust-revocations';
const before = process.env;

/** What is there; `undefined` is nothing. */
let stored: string | undefined;
let server: Server;

/** An object of S3, and an item of DynamoDB, of which as much is true as is asked here. */
async function store(request: IncomingMessage): Promise<[status: number, body: string]> {
  const body = await text(request);
  if (request.method === 'GET') return [200, stored!];
  if (request.method === 'PUT') stored = body;
  else if (request.headers['x-amz-target'] === 'DynamoDB_20120810.GetItem')
    return [200, JSON.stringify({ Item: { id: { S: 'revocations' }, document: { S: stored } } })];
  else {
    const { ExpressionAttributeValues: values } = JSON.parse(body) as {
      ExpressionAttributeValues: { ':next': { S: string } };
    };
    stored = values[':next'].S;
  }
  return [200, '{}'];
}

beforeAll(async () => {
  const url = 'https://people.example';
  const identity = { providers: { people: { kind: 'oidc', issuer: url, jwksUri: url } } };
  const services = { web: { protocol: 'http', host: 'www.shop.example' } };
  const model = { trustDomain: 'shop.example', environment: 'dev', identity, services, access: [] };
  writeFileSync(MODEL, JSON.stringify(model));
  server = createServer((request, response) => {
    void store(request).then(([status, body]) => response.writeHead(status, { etag: '"1"' }).end(body));
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', () => done()));
  program(folder, 'kubectl', `cat '${join(folder, 'map.json')}'`);
  process.env = {
    ...before,
    AWS_ENDPOINT_URL: endpoint(),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    PATH: `${folder}:${before['PATH']}`,
  };
});
afterAll(async () => {
  process.env = before;
  rmSync(folder, { recursive: true });
  await new Promise((done) => server.close(done));
});

const endpoint = () => `http://localhost:${(server.address() as AddressInfo).port}`;
const until = Math.floor(Date.now() / 1000) + 86_400;
const entry = (value: string) => ({ kind: 'token', issuer: 'people', value, until }) as const;

/** A document that becomes so many bytes by one more entry. Its version is ahead of the clock, so that one more is next. */
function documentBefore(bytes: number): string {
  const version = 9_000_000_000;
  const next = { version: version + 1, entries: [entry(''), entry('t')] };
  const padding = bytes - Buffer.byteLength(`${JSON.stringify(next)}\n`);
  return JSON.stringify({ version, entries: [entry('x'.repeat(padding))] });
}

/** Put it there, revoke one more token, and say what is there then and what was said besides. */
async function revoked(place: string, first: string): Promise<{ now: string; said: string; code?: string }> {
  stored = first;
  writeFileSync(FILE, first);
  const said: string[] = [];
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((line) => said.push(String(line)) > 0);
  const options = { in: place, issuer: 'people', token: 't', for: 86_400, engine: 'local' } as const;
  const failure: unknown = await revoke(MODEL, options).then(
    () => undefined,
    (error: unknown) => error,
  );
  spy.mockRestore();
  const now = place === FILE ? readFileSync(FILE, 'utf8') : stored;
  return {
    now,
    said: said.join(''),
    ...(failure !== undefined && { code: (failure as { code: string }).code }),
  };
}

const MIB = 1_048_576;
/** 400 KiB, without the names `id` and `document` and the value of the key. */
const ITEM_BYTES = 409_600 - 2 - 'revocations'.length - 8;

test.each([
  ['a file', FILE, MIB],
  ['an object of S3', S3, MIB],
  ['an item of DynamoDB', ITEM, ITEM_BYTES],
])('%s takes a document up to its last byte, and what is longer is not written', async (_, place, most) => {
  const fits = await revoked(place, documentBefore(most));
  expect(fits.code).toBeUndefined();
  expect(Buffer.byteLength(fits.now)).toBe(most);
  expect(fits.said).toContain('warning revocations-nearly-full');
  const first = documentBefore(most + 1);
  expect(await revoked(place, first)).toEqual({ now: first, said: '', code: 'revocations-too-large' });
});

test.each<[string, string, RevocationStore, number]>([
  ['an object of S3', S3, { kind: 's3', bucket: 'bucket', key: 'revocations.json' }, MIB],
  ['an item of DynamoDB', ITEM, { kind: 'dynamodb', table: 'zero-trust', id: 'revocations' }, ITEM_BYTES],
])('an authorizer reads the longest that is written: %s', async (_, place, kind, most) => {
  const { now } = await revoked(place, documentBefore(most));
  const access = { environment: process.env, fetchText, clock: () => Date.now() };
  const read = revocationReader({ ...kind, endpoint: endpoint() } as RevocationStore, access)!;
  expect(await read()).toBe(now);
  // One byte more in S3 is what it would not read; a table would not have taken it.
  stored = `${now} `;
  if (place === S3) await expect(read()).rejects.toThrow('longer than 1048576 bytes');
});

test('of a ConfigMap the other keys are taken off, and its own is not', async () => {
  const data = { note: 'é'.repeat(1000), 'revocations.json': 'x'.repeat(5000) };
  // Bytes in base64 count as what they are.
  const binaryData = { logo: Buffer.alloc(300).toString('base64') };
  const map = { metadata: { resourceVersion: '1' }, data, binaryData };
  writeFileSync(join(folder, 'map.json'), JSON.stringify(map));
  const place = documentPlace(MAP, process.env);
  await place.read();
  expect(place.maxBytes).toBe(MIB - 2300);
});

test('what is over goes before it is measured', async () => {
  const { entries } = JSON.parse(documentBefore(MIB + 1)) as RevocationDocument;
  const over = { version: 1, entries: entries.map((one) => ({ ...one, until: 1_700_000_000 })) };
  const { code, said, now } = await revoked(S3, JSON.stringify(over));
  expect([code, said]).toEqual([undefined, '']);
  expect((JSON.parse(now) as RevocationDocument).entries).toEqual(
    [entry('t')].map((one) => ({ ...one, until: expect.any(Number) })),
  );
});

test.each([
  [799, 'revocations-nearly-full'],
  [798, ''],
])('from 80 %% of the entries on it is said that the document fills: with %d', async (count, code) => {
  const entries = Array.from({ length: count }, (_, at) => entry(`t${at}`));
  const { said } = await revoked(S3, JSON.stringify({ version: 1, entries }));
  expect(said).toContain(code);
  expect(said === '').toBe(code === '');
  expect(said.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
