import type { ServerResponse } from 'node:http';
import { issuer, NOW, PEOPLE, policy } from '../../policy/fixture.js';
import { KeyServer } from './key-server.js';
import { after, asks, before, both, deployedAt, LONG, next, old, tokenBy } from './rotation.js';
import { authorizerDataOf, ORDERS, restEvent, Testbed } from './testbed.js';

let server: KeyServer;
beforeEach(async () => {
  server = await KeyServer.start(before);
});
afterEach(() => server.close());

const deployed = (over?: Parameters<typeof deployedAt>[1]) => deployedAt(server, over);

describe('an issuer that fails', () => {
  test('is served by its last keys up to the bound, then nothing of it is decided, then it is back', async () => {
    const bed = deployed();
    const token = tokenBy(old, LONG);
    expect(await asks(bed, token)).toBe(200);
    server.answers = (_, response) => response.writeHead(500).end();
    for (let waited = 0; waited < 600; waited += 60) {
      bed.advance(60);
      expect(await asks(bed, token)).toBe(200);
    }
    bed.advance(1);
    expect(await asks(bed, token)).toBe(500);
    expect(await bed.status(restEvent({ path: '/public/a' }))).toBe(200);
    server.answers = KeyServer.of(before);
    bed.advance(1);
    expect(await asks(bed, token)).toBe(200);
  });

  test('that never answered is served by the pinned keys, and by nothing without them', async () => {
    server.answers = (_, response) => response.writeHead(503).end();
    expect(await asks(deployed(), tokenBy(old))).toBe(500);
    const pinned = deployed({ pinned: before.jwks() as { keys: never[] } });
    expect(await asks(pinned, tokenBy(old))).toBe(200);
    pinned.advance(601);
    expect(await asks(pinned, tokenBy(old, LONG))).toBe(500);
  });

  test.each([
    [
      'a set of 200 KB',
      (response: ServerResponse) =>
        response.end(JSON.stringify({ ...both.jwks(), pad: 'x'.repeat(200_000) })),
    ],
    [
      '65 keys',
      (response: ServerResponse) =>
        response.end(JSON.stringify({ keys: Array(65).fill(both.jwks().keys[1]) })),
    ],
    ['no JSON', (response: ServerResponse) => response.end('<html>')],
    ['no set', (response: ServerResponse) => response.end('{"keys":{}}')],
    [
      'a redirect to the keys',
      (response: ServerResponse) => response.writeHead(302, { location: server.url }).end(),
    ],
    [
      'half an answer',
      (response: ServerResponse) => response.writeHead(200, { 'content-length': '999' }).end('{}'),
    ],
  ])('with %s changes nothing', async (_, answer) => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    server.answers = (_request, response) => void answer(response);
    bed.advance(30);
    expect(await asks(bed, tokenBy(next))).toBe(401);
    expect(await asks(bed, tokenBy(old))).toBe(200);
    expect(bed.lines.some((line) => line.includes('KeyFetch failed'))).toBe(true);
  });

  test('with a certificate that nobody vouches for has no keys', async () => {
    const one = policy(ORDERS, { issuers: { people: issuer(PEOPLE) } });
    const keys = { jwksUri: server.url, refreshSeconds: 60, outageSeconds: 600 };
    const bed = new Testbed(authorizerDataOf(one, { issuers: { people: keys } }), {
      fetchText: undefined as never,
    });
    expect(await asks(bed, tokenBy(old))).toBe(500);
    const plain = { ...keys, jwksUri: 'http://keys.test/jwks' };
    const http = new Testbed(authorizerDataOf(one, { issuers: { people: plain } }), {
      fetchText: undefined as never,
    });
    expect(await asks(http, tokenBy(old))).toBe(500);
    expect(http.lines.join('')).toContain('only over TLS');
  });

  test('that is slow is not waited for while the keys are young, and no longer than its time when they are not', async () => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    server.answers = () => undefined;
    bed.advance(31);
    expect(await asks(bed, tokenBy(old))).toBe(200);
    expect(server.requests).toBe(1);
    await until(() => server.requests === 2);
    expect(await asks(bed, tokenBy(old))).toBe(200);
    // Waits until the fetch gives up, and is then served by the last keys.
    bed.advance(30);
    expect(await asks(bed, tokenBy(old))).toBe(200);
    expect(bed.lines.join('')).toContain('no answer within 3000 ms');
  });
});

test('an issuer that never answers is waited for once by a request, not until the function is ended', async () => {
  let reads = 0;
  const bed: Testbed = new Testbed(
    authorizerDataOf(policy(ORDERS, { issuers: { people: issuer(PEOPLE) } })),
    {
      fetchText: async (_, { timeoutMilliseconds }) => {
        reads += 1;
        await Promise.resolve();
        bed.advance(timeoutMilliseconds / 1000);
        throw new Error('no answer');
      },
    },
  );
  const fetched = reads;
  expect(await asks(bed, tokenBy(old, LONG))).toBe(500);
  expect(reads - fetched).toBeLessThan(2);
  expect(bed.lines.join('')).toContain('"decision":"refuse"');
});

describe('time', () => {
  test('that is set back makes everything due', async () => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    const fetched = server.requests;
    server.answers = KeyServer.of(after);
    bed.advance(-20);
    expect(await asks(bed, tokenBy(old))).toBe(401);
    expect(server.requests).toBe(fetched + 1);
  });

  test.each([
    ['the new keys', 200, 401],
    ['an error', 500, 200],
  ])(
    'that is set back while a fetch is under way leaves no answer of before in force: then %s',
    async (_, status, first) => {
      const bed = deployed();
      const token = tokenBy(old, { ...LONG, iat: NOW - 7200 });
      expect(await asks(bed, token)).toBe(200);
      const held: ServerResponse[] = [];
      server.answers = (_, response) => void held.push(response);
      bed.advance(3600);
      const early = asks(bed, token);
      await until(() => held.length === 1);
      bed.advance(-3590);
      const late = asks(bed, token);
      await until(() => held.length === 2);
      // The keys of before come first, from a time that is still to be.
      held[0]?.end(JSON.stringify(before.jwks()));
      await new Promise((done) => setTimeout(done, 50));
      server.answers = KeyServer.of(after);
      held[1]?.writeHead(status).end(JSON.stringify(after.jwks()));
      expect(await late).toBe(first);
      await early;
      for (let minute = 0; minute < 5; minute++) {
        bed.advance(60);
        expect([minute, await asks(bed, token)]).toEqual([minute, 401]);
      }
    },
  );

  test('that jumps ahead makes the keys due and ends tokens', async () => {
    const bed = deployed();
    const token = tokenBy(old);
    expect(await asks(bed, token)).toBe(200);
    bed.advance(3630);
    expect(await asks(bed, token)).toBe(200);
    bed.advance(1);
    expect(await asks(bed, token)).toBe(401);
    expect(server.requests).toBe(2);
  });

  test('that a freeze took leaves no old answer in force', async () => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    let frozen: ServerResponse | undefined;
    server.answers = (_, response) => {
      frozen ??= response;
    };
    bed.advance(31);
    expect(await asks(bed, tokenBy(old))).toBe(200);
    await until(() => frozen !== undefined);
    // Ten minutes later the environment is thawed: the key is gone, the fetch of before still on its way.
    bed.advance(600);
    server.answers = KeyServer.of(after);
    expect(await asks(bed, tokenBy(old))).toBe(401);
    frozen?.end(JSON.stringify(before.jwks()));
    await new Promise((done) => setTimeout(done, 50));
    expect(await asks(bed, tokenBy(old))).toBe(401);
    expect(await asks(bed, tokenBy(next))).toBe(200);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 5));
}
