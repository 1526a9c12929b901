import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { issuer, NOW, PEOPLE, policy } from '../../policy/fixture.js';
import { KeyServer } from './key-server.js';
import { rsaPair } from './rsa-pair.js';
import {
  authorizerDataOf,
  builds,
  ORDERS,
  partners,
  people,
  restEvent,
  Testbed,
  tokenOf,
} from './testbed.js';

const old = issuerKey('ES256', 'old');
const next = issuerKey('ES256', 'next');
const before = new TestIssuer('people', PEOPLE, [old]);
const both = new TestIssuer('people', PEOPLE, [old, next]);
const after = new TestIssuer('people', PEOPLE, [next]);

const tokenBy = (key: typeof old, claims: object = {}, header: object = {}) =>
  tokenOf(claims, header, both, key);
/** For a request of one second and another alike. */
const LONG = { exp: NOW + 50_000 };

let server: KeyServer;
beforeEach(async () => {
  server = await KeyServer.start(before);
});
afterEach(() => server.close());

/** A function whose only issuer is the key server, asked by the bundle's own client. */
function deployed(over: { outageSeconds?: number; pinned?: { keys: never[] } } = {}): Testbed {
  const one = policy(ORDERS, { issuers: { people: issuer(PEOPLE) } });
  const keys = { jwksUri: server.url, refreshSeconds: 60, outageSeconds: 600, ...over };
  const data = authorizerDataOf(one, { issuers: { people: keys } });
  const bed: Testbed = new Testbed(data, { ca: server.ca, fetchText: undefined as never });
  return bed;
}

const asks = (bed: Testbed, token: string) => bed.status(restEvent({ token }));

describe('an unknown key id', () => {
  test('makes one fetch a second, however many tokens are thrown; a new key is taken at once a second later', async () => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    const first = server.requests;
    for (let second = 0; second < 10; second++) {
      bed.advance(1);
      const flood = Array.from({ length: 100 }, (_, at) =>
        asks(bed, tokenBy(old, {}, { kid: `evil-${second}-${at}` })),
      );
      expect(new Set(await Promise.all(flood))).toEqual(new Set([401]));
    }
    expect(server.requests - first).toBe(10);

    server.answers = KeyServer.of(both);
    expect(await asks(bed, tokenBy(next))).toBe(401);
    bed.advance(1);
    expect(await asks(bed, tokenBy(next))).toBe(200);
    expect(server.requests - first).toBe(11);
  });

  test('of several issuers makes one fetch a second of each, and none keeps a new key of another waiting', async () => {
    const fetches = new Map<string, number>();
    const bed: Testbed = new Testbed(authorizerDataOf(policy(ORDERS)), {
      fetchText: async (url, options) => {
        fetches.set(url, (fetches.get(url) ?? 0) + 1);
        // The first fetches begin while the testbed is made.
        await Promise.resolve();
        return bed.answer(url, options);
      },
    });
    expect(await asks(bed, tokenOf())).toBe(200);
    expect(fetches.size).toBe(3);
    fetches.clear();
    const thrown = (by: readonly TestIssuer[], second: number) =>
      by.flatMap((one) =>
        Array.from({ length: 20 }, (_, at) => asks(bed, tokenOf({}, { kid: `evil-${second}-${at}` }, one))),
      );
    for (let second = 0; second < 5; second++) {
      bed.advance(1);
      const flood = thrown([people, partners, builds], second);
      expect(new Set(await Promise.all(flood))).toEqual(new Set([401]));
    }
    expect([...fetches.values()]).toEqual([5, 5, 5]);
    const rotated = new TestIssuer('people', PEOPLE, [...people.keys, next]);
    bed.issuers.set(PEOPLE, rotated);
    bed.advance(1);
    const flood = thrown([partners, builds], 5);
    expect(await asks(bed, tokenOf({}, {}, rotated, next))).toBe(200);
    await Promise.all(flood);
    expect([...fetches.values()]).toEqual([6, 6, 6]);
  });

  test('is refused without waiting, unless a fetch is under way', async () => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    const fetched = server.requests;
    expect(await asks(bed, tokenBy(next))).toBe(401);
    expect(server.requests).toBe(fetched);
  });

  test('of a key published while a slow answer is on its way waits for the next one', async () => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    bed.advance(2);
    let held: ServerResponse | undefined;
    server.answers = (_, response) => {
      held = response;
    };
    const early = asks(bed, tokenBy(next));
    await until(() => held !== undefined);
    // Published now; tried more than a second later, while the answer without it is still on its way.
    server.answers = KeyServer.of(both);
    bed.advance(1.5);
    const late = asks(bed, tokenBy(next));
    held?.end(JSON.stringify(before.jwks()));
    expect(await late).toBe(200);
    await early;
  });

  test('costs no fetch on a token that is bad anyway', async () => {
    const bed = deployed();
    expect(await asks(bed, tokenBy(old))).toBe(200);
    const fetched = server.requests;
    for (const claims of [
      { exp: NOW - 100 },
      { aud: 'other' },
      { iss: 'https://else.test' },
      { iat: NOW + 90 },
    ]) {
      bed.advance(1);
      expect(await asks(bed, tokenBy(next, claims))).toBe(401);
    }
    expect(server.requests).toBe(fetched);
  });
});

describe('a removed key', () => {
  test('is dead within 60 s, for new tokens and for known ones', async () => {
    const bed = deployed();
    const known = tokenBy(old, LONG);
    server.answers = KeyServer.of(both);
    expect(await asks(bed, known)).toBe(200);
    server.answers = KeyServer.of(after);
    bed.advance(60);
    expect(await asks(bed, known)).toBe(401);
    expect(await asks(bed, tokenBy(old, { ...LONG, jti: 'new' }))).toBe(401);
    expect(await asks(bed, tokenBy(next))).toBe(200);
  });

  test('is dead for every request that comes while the keys are asked for', async () => {
    const bed = deployed();
    const known = tokenBy(old, LONG);
    expect(await asks(bed, known)).toBe(200);
    server.answers = KeyServer.of(after);
    bed.advance(61);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => asks(bed, known)));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(server.requests).toBe(2);
  });

  test.each([
    '{"keys":[]}',
    '{"keys":[null,{"kty":"oct"}]}',
    '{"keys":[{"kty":"OKP","kid":"old","use":"enc"}]}',
  ])('is dead where it was the last one: %s', async (text) => {
    const bed = deployed();
    const known = tokenBy(old, LONG);
    expect(await asks(bed, known)).toBe(200);
    server.answers = (_, response) => response.end(text);
    bed.advance(60);
    expect(await asks(bed, known)).toBe(401);
    expect(await asks(bed, tokenBy(old, { ...LONG, jti: 'new' }))).toBe(401);
  });

  test('is dead within 60 s although a fetch in between failed', async () => {
    const bed = deployed();
    const known = tokenBy(old, LONG);
    expect(await asks(bed, known)).toBe(200);
    server.answers = (_, response) => response.writeHead(500).end();
    bed.advance(31);
    expect(await asks(bed, known)).toBe(200);
    await until(() => bed.lines.some((line) => line.includes('KeyFetch failed')));
    server.answers = KeyServer.of(after);
    bed.advance(29);
    expect(await asks(bed, known)).toBe(401);
  });

  test('that comes back as another key under the same id verifies nothing old', async () => {
    const bed = deployed();
    const known = tokenBy(old, LONG);
    expect(await asks(bed, known)).toBe(200);
    server.answers = KeyServer.of(new TestIssuer('people', PEOPLE, [issuerKey('ES256', 'old')]));
    bed.advance(60);
    expect(await asks(bed, known)).toBe(401);
  });
});

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

test('keys for another use, too weak or of another algorithm verify nothing', async () => {
  const members = [
    { use: 'enc' },
    { key_ops: ['encrypt'] },
    { alg: 'ES384' },
    { crv: 'P-384' },
    { kid: 7 },
    { kty: 'RSA' },
  ];
  for (const over of members) {
    server.answers = KeyServer.of(new TestIssuer('people', PEOPLE, [{ ...old, members: over }, next]));
    expect([over, await asks(deployed(), tokenBy(old))]).toEqual([over, 401]);
  }
  server.answers = KeyServer.of(new TestIssuer('people', PEOPLE, [old, { ...next, kid: 'old' }]));
  expect(await asks(deployed(), tokenBy(old))).toBe(401);
});

test.each([
  ['on no curve', old, { x: 'AAAA' }],
  ['RSA with 1,024 bits', weak(1024), {}],
  ['RSA with the exponent 1', issuerKey('RS256', 'old'), { e: 'AQ' }],
  ['RSA with an exponent of 33 bits', { ...issuerKey('RS256', 'old'), ...rsaPair(2 ** 32 + 1) }, {}],
])('a key %s verifies nothing (RFC 8725 sections 2.5 and 3.5)', async (_, key, members) => {
  server.answers = KeyServer.of(new TestIssuer('people', PEOPLE, [{ ...key, members }, next]));
  expect(await asks(deployed(), tokenBy(key))).toBe(401);
  expect(await asks(deployed(), tokenBy(next))).toBe(200);
});

function weak(bits: number): typeof old {
  return { ...issuerKey('RS256', 'old'), ...generateKeyPairSync('rsa', { modulusLength: bits }) };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 5));
}
