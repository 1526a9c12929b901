import fc from 'fast-check';
import { NOW } from '../../policy/fixture.js';
import { HOSTILE_EVENTS } from './hostile-events.js';
import { HOSTILE_ENCRYPTED } from './hostile-encrypted.js';
import { HOSTILE_TOKENS } from './hostile-tokens.js';
import { RFC_8725 } from './rfc8725.js';
import { CLAIMS, httpEvent, people, restEvent, Testbed, tokenOf } from './testbed.js';

const bed = new Testbed();
/** A known token must not make a hostile one known. */
beforeAll(async () => {
  expect(await bed.status(restEvent({ token: tokenOf() }))).toBe(200);
});

describe('RFC 8725', () => {
  const rows = [...HOSTILE_TOKENS, ...HOSTILE_ENCRYPTED];
  const named = rows.map(([section, what, token]) => [section, RFC_8725[section], what, token] as const);

  test.each(named)('section %s, %s: %s is refused', async (_section, _name, _what, token) => {
    expect(await bed.status(restEvent({ token }))).toBe(401);
    expect(await bed.status(httpEvent({ token }))).toBe(403);
    expect(await bed.status(restEvent({ path: '/public/a', token }))).toBe(401);
  });

  test('has rows for every section', () => {
    expect(new Set(rows.map(([section]) => section))).toEqual(new Set(Object.keys(RFC_8725)));
    expect(rows.length + HOSTILE_EVENTS.length).toBeGreaterThanOrEqual(200);
  });
});

describe('events', () => {
  test.each(HOSTILE_EVENTS)('%s is refused', async (_what, event) => {
    expect([401, 403]).toContain(await bed.status(event));
  });

  test('an HTTP API that asks with payload 1.0 is answered, at its stage $default', async () => {
    const event = restEvent({ token: tokenOf() });
    const requestContext = { ...event.requestContext, path: '/orders', stage: '$default' };
    expect(await bed.status({ ...event, version: '1.0', requestContext })).toBe(200);
  });

  test.each([
    ['behind its name', '/live/orders', 200],
    ['as behind $default', '/orders', 200],
    ['behind the name and half a segment', '/liveorders', 403],
  ])('the path of an HTTP API at a stage with a name, %s: %s', async (_what, rawPath, status) => {
    expect(await bed.status(httpEvent({ token: tokenOf(), stage: 'live', rawPath }))).toBe(status);
    expect(bed.line.path).toBe(status === 200 ? '/orders' : rawPath);
  });

  test.each<[string, object, object]>([
    ['several audiences', { aud: ['x', 'https://orders.shop.test'] }, {}],
    ['the type of RFC 9068', {}, { typ: 'at+jwt' }],
    ['the type as a media type', {}, { typ: 'application/AT+JWT' }],
    ['no type', {}, { typ: undefined }],
    ['an end a moment ago', { exp: NOW - 30 }, {}],
    ['an end with a fraction', { exp: NOW + 60.5 }, {}],
    ['a beginning in a moment', { nbf: NOW + 30, iat: NOW + 30 }, {}],
    ['no subject', { sub: undefined }, {}],
    ['a subject beyond ASCII', { sub: 'Ålice 🦊' }, {}],
    ['an escape in a string', { note: 'a"b\\c\n' }, {}],
    ['names of every object', { constructor: 1, toString: 'x', hasOwnProperty: null }, {}],
    ['a header member that means nothing here', {}, { x5t: 'abc', jku: 'https://people.test/jwks' }],
    ['almost 8 KiB', { x: 'x'.repeat(5700) }, {}],
    ['lists and objects 99 deep', { x: JSON.parse(`${'['.repeat(98)}${']'.repeat(98)}`) as object }, {}],
  ])('a token with %s is taken', async (_what, claims, header) => {
    expect(await bed.status(restEvent({ token: tokenOf(claims, header) }))).toBe(200);
    expect(await bed.status(httpEvent({ token: tokenOf(claims, header) }))).toBe(200);
  });
});

describe('whatever comes', () => {
  test('in an event: nothing but the two messages is thrown, and without a token nothing is opened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything({ withNullPrototype: true }), async (event) => {
        expect([401, 403]).toContain(await bed.status(event));
      }),
      { numRuns: 500 },
    );
  });

  test('in a field of an event: the request is refused', async () => {
    const good = restEvent({ token: tokenOf() });
    const fields = ['methodArn', 'path', 'httpMethod', 'multiValueHeaders', 'requestContext'] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), fc.anything(), async (field, value) => {
        const isSame = value === good[field];
        const falls = field === 'multiValueHeaders' && (value === undefined || value === null);
        const status = await bed.status({ ...good, [field]: value });
        expect(isSame || falls || status !== 200).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('in a header and in claims, signed: only what the profile accepts is taken', async () => {
    const members = fc.dictionary(
      fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'cty', 'x'),
      fc.jsonValue(),
      { maxKeys: 2 },
    );
    const claims = fc.dictionary(
      fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'cnf', 'x'),
      fc.jsonValue(),
      { maxKeys: 2 },
    );
    await fc.assert(
      fc.asyncProperty(members, claims, async (header, over) => {
        const token = tokenOf(over, header);
        const status = await bed.status(restEvent({ token }));
        expect([200, 401]).toContain(status);
        const changes = { ...header, ...over };
        const harmless = ['x', 'sub', 'nbf', 'iat'];
        if (status === 200)
          expect(Object.keys(changes).filter((name) => !harmless.includes(name))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test('any change of a byte of a good token is refused', async () => {
    const token = tokenOf();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (at, character) => {
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          expect(await bed.status(restEvent({ token: changed }))).toBe(changed === token ? 200 : 401);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('work before the signature grows no faster than what is sent', async () => {
    // Counted in steps that no machine changes: bytes decoded of a token are at most the longest token's.
    const sizes = [1, 8, 64, 512].map((kilobytes) => kilobytes * 1024);
    const decoded: number[] = [];
    const write = Buffer.prototype.write;
    for (const size of sizes) {
      let bytes = 0;
      Buffer.prototype.write = function counted(this: Buffer, ...args: Parameters<typeof write>) {
        bytes += String(args[0]).length;
        return write.apply(this, args);
      } as typeof write;
      try {
        const body = people.sign({ alg: 'ES256', kid: 'people-ec' }, { ...CLAIMS, x: 'x'.repeat(size) });
        expect(await bed.status(restEvent({ token: body }))).toBe(size <= 1024 ? 200 : 401);
        expect(await bed.status(restEvent({ token: '.'.repeat(size) }))).toBe(401);
        expect(await bed.status(restEvent({ token: `${'A'.repeat(size)}.A.A` }))).toBe(401);
      } finally {
        Buffer.prototype.write = write;
      }
      decoded.push(bytes);
    }
    expect(decoded[0]).toBeGreaterThan(1024);
    expect(decoded[3]).toBeLessThanOrEqual(2 * 8192);
  });
});
