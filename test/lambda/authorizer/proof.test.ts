import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AuthorizerData } from '../../../lambda/authorizer/data.js';
import { MemoryReplay } from '../../../lambda/authorizer/replay.js';
import { resolve, type Template } from '../../../lib/index.js';
import { TestAuthority } from '../../engines/support/authority.js';
import { shop } from '../../model/shop.js';
import { NOW, policy } from '../../policy/fixture.js';
import { createDecisionService } from './decision-service.js';
import { Prover } from './prover.js';
import { rsaPair } from './rsa-pair.js';
import { authorizerDataOf, ORDERS, people, restEvent, Testbed, tokenOf } from './testbed.js';

const client = new Prover();
const { privateKey, thumbprint } = client;
const token = tokenOf({ cnf: { jkt: thumbprint } });
const proofOf = (claims?: object, header?: object, key?: KeyObject) =>
  client.proof(token, claims, header, key);

const ALGS = 'algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"';
const rsa = (bytes: number) => ({
  kty: 'RSA',
  n: Buffer.alloc(bytes, 0xff).toString('base64url'),
  e: 'AQAB',
});
const EXPONENTS: readonly (readonly [what: string, e: string])[] = [
  ['the exponent 1, which verifies anything', 'AQ'],
  ['no exponent', ''],
  ['an even exponent', 'AQAA'],
  ['an exponent of 33 bits', 'AQAAAAE'],
  ['an exponent as long as its modulus', rsa(256).n],
];
const PROOFS: AuthorizerData['proofs'] = { maxAgeSeconds: 60, replay: { kind: 'memory' } };
const deployed = (over: AuthorizerData['proofs'] = PROOFS) =>
  new Testbed(authorizerDataOf(policy(ORDERS), { proofs: over }));
const asked = (proof: string, of = token, scheme = 'DPoP', path = '/orders') =>
  restEvent({
    path,
    headers: [
      ['Authorization', `${scheme} ${of}`],
      ['DPoP', proof],
    ],
  });

test('a token that is bound to a key passes with a proof of it, once', async () => {
  const bed = deployed();
  const proof = proofOf();
  expect(await bed.status(asked(proof))).toBe(200);
  expect(await bed.status(asked(proof))).toBe(401);
  expect(bed.line.reason).toBe('token proof: used before');
  expect(await bed.status(asked(proofOf()))).toBe(200);
  expect(await bed.status(asked(proofOf({ htu: 'https://orders.shop.test/orders?page=2' })))).toBe(200);
});

test('where answers are kept, a token that is bound to a certificate is refused, whoever has it', async () => {
  const authority = await TestAuthority.create(resolve(shop()).certificates, 'clients.test');
  const { certificate, thumbprint: hash } = await authority.workload(
    'spiffe://clients.test/ns/default/sa/client',
  );
  const request = restEvent({
    path: '/orders',
    headers: [['Authorization', `Bearer ${tokenOf({ cnf: { 'x5t#S256': hash } })}`]],
    certificate,
  });
  const data = authorizerDataOf(policy(ORDERS));
  expect(await new Testbed(data).status(request)).toBe(200);
  const kept = new Testbed({ ...data, answersAreKept: true });
  expect(await kept.status(request)).toBe(401);
  expect(kept.line.reason).toBe('token bound to a certificate, which a kept answer does not look at');
});

test.each<[string, object, object]>([
  ['another method', { htm: 'POST' }, {}],
  ['another path', { htu: 'https://orders.shop.test/orders/7' }, {}],
  ['another host', { htu: 'https://evil.test/orders' }, {}],
  ['plain HTTP', { htu: 'http://orders.shop.test/orders' }, {}],
  ['another token', { ath: 'x' }, {}],
  ['no token', { ath: undefined }, {}],
  ['a time long ago', { iat: NOW - 61 }, {}],
  ['a time ahead', { iat: NOW + 61 }, {}],
  ['a time in words', { iat: 'now' }, {}],
  ['no id', { jti: undefined }, {}],
  ['an empty id', { jti: '' }, {}],
  ['another type', {}, { typ: 'JWT' }],
  ['alg none', {}, { alg: 'none' }],
  ['alg HS256', {}, { alg: 'HS256' }],
  ['no key', {}, { jwk: undefined }],
  ['a private key', {}, { jwk: privateKey.export({ format: 'jwk' }) }],
  ['a key of another type', {}, { alg: 'EdDSA' }],
  ['an RSA key of 1,024 bits', {}, { alg: 'RS256', jwk: rsa(128) }],
  ['an RSA key of 16,384 bits', {}, { alg: 'RS256', jwk: rsa(2048) }],
  ['crit', {}, { crit: ['exp'] }],
])('a proof with %s is refused', async (_what, claims, header) => {
  expect(await deployed().status(asked(proofOf(claims, header)))).toBe(401);
});

test.each(EXPONENTS)('an RSA key with %s is refused before its signature is checked', async (_what, e) => {
  const bed = deployed();
  expect(await bed.status(asked(proofOf({}, { alg: 'RS256', jwk: { ...rsa(256), e } })))).toBe(401);
  expect(bed.line.reason).toBe('token proof: key of another algorithm, or of a size that is not taken');
});

/** Thumbprint and signature are right in each. */
test.each([
  [65_537, 200],
  [3, 200],
  [2 ** 32 - 1, 200],
  [2 ** 32 + 1, 401],
])('an RSA key with the exponent %d: %d', async (exponent, status) => {
  const rsaClient = new Prover(rsaPair(exponent));
  const bound = tokenOf({ cnf: { jkt: rsaClient.thumbprint } });
  expect(await deployed().status(asked(rsaClient.proof(bound), bound))).toBe(status);
});

test('a proof by another key is refused, whatever it says of itself', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bed = deployed();
  expect(await bed.status(asked(proofOf({}, {}, other.privateKey)))).toBe(401);
  const otherJwk = other.publicKey.export({ format: 'jwk' });
  expect(await bed.status(asked(proofOf({}, { jwk: otherJwk }, other.privateKey)))).toBe(401);
});

test('a bound token is nobody’s without its proof, and a proof binds no other token', async () => {
  const bed = deployed();
  expect(await bed.status(restEvent({ token }))).toBe(401);
  expect(await bed.status(asked(proofOf(), token, 'Bearer'))).toBe(401);
  const plain = tokenOf();
  const hash = createHash('sha256').update(plain).digest('base64url');
  expect(await bed.status(asked(proofOf({ ath: hash }), plain))).toBe(401);
  const two = asked(proofOf());
  two.multiValueHeaders['DPoP']?.push(proofOf());
  expect(await bed.status(two)).toBe(401);
});

test('a proof is used up only where the request passes', async () => {
  const bed = deployed();
  const proof = proofOf({ htm: 'DELETE' });
  const event = restEvent({
    method: 'DELETE',
    headers: [
      ['Authorization', `DPoP ${token}`],
      ['DPoP', proof],
    ],
  });
  expect(await bed.status(event)).toBe(403);
  expect(await bed.status(event)).toBe(403);
});

test('the keys of a subject share what the memory keeps for it, and another subject has its own', async () => {
  // Of 18 proofs one subject has two.
  const replay = new MemoryReplay(() => NOW * 1000, 18);
  const bed = new Testbed(authorizerDataOf(policy(ORDERS), { proofs: PROOFS }), { replay });
  const askBy = (prover: Prover, sub: string) => {
    const bound = tokenOf({ sub, cnf: { jkt: prover.thumbprint } });
    return bed.status(asked(prover.proof(bound), bound));
  };
  const [first, second, third] = [client, new Prover(), new Prover()];
  expect([await askBy(first, 'alice'), await askBy(second, 'alice')]).toEqual([200, 200]);
  for (const key of [first, second, third]) expect(await askBy(key, 'alice')).toBe(500);
  expect(bed.line.reason).toBe('whether the proof was used is not known');
  expect(await askBy(third, 'bob')).toBe(200);
});

test.each([
  ['client', { sub: undefined, client_id: 'batch' }],
  ['issuer', { sub: undefined, client_id: undefined }],
])('without a subject keys are no holders: the %s is', async (_, claims) => {
  const replay = new MemoryReplay(() => NOW * 1000, 18);
  const bed = new Testbed(authorizerDataOf(policy(ORDERS), { proofs: PROOFS }), { replay });
  const statuses: unknown[] = [];
  for (const prover of [new Prover(), new Prover(), new Prover()]) {
    const bound = tokenOf({ ...claims, cnf: { jkt: prover.thumbprint } });
    statuses.push(await bed.status(asked(prover.proof(bound), bound)));
  }
  expect(statuses).toEqual([200, 200, 500]);
});

describe('in a table', () => {
  const table = { maxAgeSeconds: 60, replay: { kind: 'dynamodb', table: 'proofs' } } as const;
  const answering = (status: number, text: string) => {
    const bodies: string[] = [];
    const bed: Testbed = new Testbed(authorizerDataOf(policy(ORDERS), { proofs: table }), {
      fetchText: async (url, options) => {
        await Promise.resolve();
        if (!url.includes('dynamodb')) return bed.answer(url, options);
        bodies.push(options.body ?? '');
        return { status, headers: {}, text };
      },
    });
    return { bed, bodies };
  };

  test('a proof is written under a condition, and refused if it was there', async () => {
    const first = answering(200, '{}');
    expect(await first.bed.status(asked(proofOf()))).toBe(200);
    expect(JSON.parse(first.bodies[0]!)).toMatchObject({
      TableName: 'proofs',
      ConditionExpression: 'attribute_not_exists(id)',
      Item: { until: { N: String(NOW + 61) } },
    });
    const again = answering(
      400,
      '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}',
    );
    expect(await again.bed.status(asked(proofOf()))).toBe(401);
  });

  test('without an answer nothing is admitted', async () => {
    expect(await answering(500, '').bed.status(asked(proofOf()))).toBe(500);
  });
});

describe('with a nonce', () => {
  let now = NOW * 1000;
  const service = createDecisionService({
    refs: {},
    environment: {},
    write: () => undefined,
    template: authorizerDataOf(policy(ORDERS), { ...(PROOFS && { proofs: PROOFS }) }) as unknown as Template,
    clock: () => now,
    fetchText: () => Promise.resolve({ status: 200, headers: {}, text: JSON.stringify(people.jwks()) }),
    nonceSeconds: 300,
  });
  const ask = (proof: string) =>
    new Promise<readonly [number, string | undefined, string]>((done) => {
      let head: readonly [number, Record<string, string>];
      const headers = ['host', 'orders.shop.test', 'authorization', `DPoP ${token}`, 'dpop', proof];
      const response = {
        writeHead: (status: number, given: Record<string, string>) => {
          head = [status, given];
        },
        end: () => done([head[0], head[1]['www-authenticate'], head[1]['dpop-nonce']!]),
      };
      service({ method: 'GET', url: '/orders', rawHeaders: headers } as never, response as never);
    });

  test('a proof must carry the one that the last answer told, or the one before', async () => {
    const [status, challenge, nonce] = await ask(proofOf());
    expect([status, challenge]).toEqual([401, `DPoP error="use_dpop_nonce", ${ALGS}`]);
    expect((await ask(proofOf({ nonce })))[0]).toBe(200);
    expect((await ask(proofOf({ nonce: `${nonce}x` })))[0]).toBe(401);
    now += 300_000;
    const later = { nonce, iat: NOW + 300 };
    const [kept, , next] = await ask(proofOf(later));
    expect([kept, next === nonce]).toEqual([200, false]);
    now += 300_000;
    expect((await ask(proofOf({ ...later, iat: NOW + 600 })))[0]).toBe(401);
    expect((await ask(proofOf({ nonce: next, iat: NOW + 600 })))[0]).toBe(200);
  });

  test('a proof that is bad otherwise is told no nonce as its fault', async () => {
    expect((await ask(proofOf({ htm: 'POST' })))[1]).toBe(`DPoP error="invalid_dpop_proof", ${ALGS}`);
  });
});
