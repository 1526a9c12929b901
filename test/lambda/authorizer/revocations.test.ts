import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RevocationStore } from '../../../lambda/authorizer/data.js';
import { fetchText } from '../../../lambda/authorizer/fetch-text.js';
import type { RevocationDocument } from '../../../lib/index.js';
import { NOW, policy } from '../../policy/fixture.js';
import { authorizerDataOf, ORDERS, restEvent, Testbed, tokenOf } from './testbed.js';

const EMPTY: RevocationDocument = { version: 1, entries: [] };
const until = NOW + 100_000;

let server: Server;
let text: string | undefined;
const asked: IncomingMessage[] = [];
let wrap: (document: string) => string;

/** A store on loopback: it answers with the document, or 404 where there is none. */
beforeEach(async () => {
  text = JSON.stringify(EMPTY);
  asked.length = 0;
  server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(text === undefined ? 404 : 200).end(text === undefined ? '' : wrap(text));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
});

const stores: readonly [string, (endpoint: string) => RevocationStore, (document: string) => string][] = [
  [
    'an S3 object',
    (endpoint) => ({ kind: 's3', bucket: 'bucket', key: 'a/revoked.json', endpoint }),
    (one) => one,
  ],
  [
    'a DynamoDB item',
    (endpoint) => ({ kind: 'dynamodb', table: 'revoked', id: 'shop', endpoint }),
    (one) => JSON.stringify({ Item: { id: { S: 'shop' }, document: { S: one } } }),
  ],
];

describe.each(stores)('revocations in %s', (_, storeAt, wrapped) => {
  beforeEach(() => {
    wrap = wrapped;
  });

  function deployed(): Testbed {
    const store = storeAt(`http://localhost:${(server.address() as AddressInfo).port}`);
    const revocation = {
      store,
      document: { version: 0, entries: [] },
      refreshSeconds: 60,
      outageSeconds: 300,
    };
    const data = authorizerDataOf(policy(ORDERS), { revocation });
    const bed: Testbed = new Testbed(data, {
      fetchText: async (url, options) => {
        if (url.startsWith('http:')) return fetchText(url, options);
        // The first fetches begin before the testbed is made.
        await Promise.resolve();
        return bed.answer(url, options);
      },
    });
    return bed;
  }

  const token = tokenOf({ jti: 't1', sid: 's1', client_id: 'c1', exp: NOW + 50_000 });
  const asks = (bed: Testbed, path = '/orders') => bed.status(restEvent({ token, path }));

  test.each([
    ['a token', { kind: 'token', issuer: 'people', value: 't1', until }, 401],
    ['a session', { kind: 'session', issuer: 'people', value: 's1', until }, 401],
    ['a client', { kind: 'client', issuer: 'people', value: 'c1', until }, 401],
    ['a subject', { kind: 'subject', issuer: 'people', value: 'alice', until }, 401],
    [
      'what a subject had before',
      { kind: 'subject', issuer: 'people', value: 'alice', before: NOW, until },
      401,
    ],
    ['a service', { kind: 'service', service: 'orders', until }, 403],
    ['a rule', { kind: 'rule', rule: 'read', until }, 403],
  ])('%s is dead within 60 s, known or not', async (_name, entry, status) => {
    const bed = deployed();
    expect(await asks(bed)).toBe(200);
    text = JSON.stringify({ version: 2, entries: [entry] });
    bed.advance(60);
    expect(await asks(bed)).toBe(status);
  });

  test('of somebody else, of another issuer or ended change nothing', async () => {
    text = JSON.stringify({
      version: 2,
      entries: [
        { kind: 'token', issuer: 'partners', value: 't1', until },
        { kind: 'subject', issuer: 'people', value: 'bob', until },
        { kind: 'subject', issuer: 'people', value: 'alice', before: NOW - 60, until },
        { kind: 'token', issuer: 'people', value: 't1', until: NOW },
      ],
    });
    expect(await asks(deployed())).toBe(200);
  });

  test('nothing is admitted before they were read, and nothing once they are stale', async () => {
    const bed = deployed();
    expect(await asks(bed)).toBe(200);
    text = undefined;
    for (let waited = 0; waited < 300; waited += 60) {
      bed.advance(60);
      expect(await asks(bed)).toBe(200);
    }
    // What an alarm at half of the bound sees, while everybody is still admitted.
    const ages = bed.lines.flatMap((line) => Number(/"RevocationAge":([0-9.]+)/.exec(line)?.[1] ?? []));
    expect(ages.some((age) => age >= 150 && age <= 300)).toBe(true);
    bed.advance(1);
    expect(await asks(bed)).toBe(500);
    expect(await asks(bed, '/public/a')).toBe(500);
    bed.advance(1);
    await asks(bed);
    expect(bed.lines.some((line) => line.includes('_aws') && line.includes('Unavailable'))).toBe(true);

    const cold = deployed();
    expect(await asks(cold)).toBe(500);
    text = JSON.stringify(EMPTY);
    cold.advance(1);
    expect(await asks(cold)).toBe(200);
  });

  test.each([
    ['older', { version: 1, entries: [] }],
    ['another of the same version', { version: 3, entries: [{ kind: 'rule', rule: 'other', until }] }],
    ['with an entry that nobody knows', { version: 4, entries: [{ kind: 'planet', until }] }],
    [
      'with a member that nobody knows',
      { version: 4, entries: [{ kind: 'rule', rule: 'a', until, not: 1 }] },
    ],
    ['without an end', { version: 4, entries: [{ kind: 'rule', rule: 'a' }] }],
    ['without a version', { entries: [] }],
    ['without entries', { version: 4 }],
  ])('a document %s is refused, and what was revoked stays so', async (_name, document) => {
    text = JSON.stringify({ version: 3, entries: [{ kind: 'token', issuer: 'people', value: 't1', until }] });
    const bed = deployed();
    expect(await asks(bed)).toBe(401);
    text = JSON.stringify(document);
    bed.advance(61);
    expect(await asks(bed)).toBe(401);
    expect(bed.lines.join('')).toContain('RevocationRead failed');
  });

  test('are asked for with a signature, and consistently', async () => {
    await asks(deployed());
    const [request] = asked;
    expect(request?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=id\/20300317\/eu-west-1\//);
    expect(request?.url).toMatch(/^\/bucket\/a\/revoked\.json$|^\/$/);
  });
});
