import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { NOW, PEOPLE, policy } from '../../policy/fixture.js';
import { KeyServer } from './key-server.js';
import { after, asks, before, both, deployedAt, LONG, next, old, tokenBy } from './rotation.js';
import { rsaPair } from './rsa-pair.js';
import { authorizerDataOf, builds, ORDERS, partners, people, Testbed, tokenOf } from './testbed.js';

let server: KeyServer;
beforeEach(async () => {
  server = await KeyServer.start(before);
});
afterEach(() => server.close());

const deployed = (over?: Parameters<typeof deployedAt>[1]) => deployedAt(server, over);

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
