import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA';
export const ALGORITHMS: readonly Algorithm[] = ['RS256', 'ES256', 'EdDSA'];

export const ISSUER = 'https://people.bench.example';
export const AUDIENCE = 'https://orders.bench.example';

const PAIRS: Readonly<Record<Algorithm, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>> =
  {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  };

/** What `crypto.verify` takes for an algorithm, made once. */
export const FLOOR = {
  RS256: { hash: 'sha256', key: PAIRS.RS256.publicKey },
  ES256: { hash: 'sha256', key: { key: PAIRS.ES256.publicKey, dsaEncoding: 'ieee-p1363' } },
  EdDSA: { hash: null, key: PAIRS.EdDSA.publicKey },
} as const;

export const JWKS = {
  keys: ALGORITHMS.map((alg) => ({
    ...PAIRS[alg].publicKey.export({ format: 'jwk' }),
    kid: `key-${alg}`,
    alg,
    use: 'sig',
  })),
};

/** A token as Cognito makes them, 16 claims of the usual size. */
export function tokenOf(alg: Algorithm, over: object = {}, header: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: randomUUID(),
    iss: ISSUER,
    aud: AUDIENCE,
    client_id: '3n4b5urk1ft4fl3mg5e62d9ado',
    token_use: 'access',
    scope: 'orders/read orders/write profile',
    'cognito:groups': ['buyers', 'eu-west'],
    auth_time: now - 60,
    iat: now - 60,
    exp: now + 4 * 3600,
    jti: randomUUID(),
    ...over,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg, kid: `key-${alg}`, typ: 'JWT', ...header })}.${part(claims)}`;
  const key = PAIRS[alg].privateKey;
  const hash = alg === 'EdDSA' ? null : 'sha256';
  const signature = sign(
    hash,
    Buffer.from(input),
    alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key,
  );
  return `${input}.${signature.toString('base64url')}`;
}

/** The same text in a string of its own, as every event of a Lambda function brings it: no hash is known of it. */
export function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** The event of an HTTP API with this token. */
export function eventOf(token: string): object {
  const path = '/orders/42';
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod/GET${path}`,
    identitySource: [`Bearer ${token}`],
    routeKey: 'GET /orders/{id}',
    rawPath: path,
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      host: 'abcdef1234.execute-api.eu-west-1.amazonaws.com',
      'user-agent': 'bench/1.0',
      'x-forwarded-for': '203.0.113.10',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdef1234',
      stage: 'prod',
      requestId: 'JKJaXmPLvHcESHA=',
      http: { method: 'GET', path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.10', userAgent: 'bench/1.0' },
    },
  };
}
