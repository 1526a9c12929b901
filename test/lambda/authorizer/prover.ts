import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from 'node:crypto';
import { NOW } from '../../policy/fixture.js';

/** A client that proves that it has the key which its token is bound to (RFC 9449). */
export class Prover {
  #made = 0;

  /** @param pair of curve P-256, or of RSA */
  constructor(readonly pair = generateKeyPairSync('ec', { namedCurve: 'P-256' }) as KeyPairKeyObjectResult) {}

  get privateKey(): KeyObject {
    return this.pair.privateKey;
  }

  get jwk() {
    return this.pair.publicKey.export({ format: 'jwk' });
  }

  get thumbprint(): string {
    const { crv, e, kty, n, x, y } = this.jwk;
    return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url');
  }

  /** A proof of its own for `GET https://orders.shop.test/orders` with that token, but for what is said. */
  proof(token: string, claims: object = {}, header: object = {}, key: KeyObject = this.privateKey): string {
    const made = {
      htm: 'GET',
      htu: 'https://orders.shop.test/orders',
      ath: createHash('sha256').update(token).digest('base64url'),
      iat: NOW,
      jti: `proof-${(this.#made += 1)}`,
      ...claims,
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const alg = this.jwk.kty === 'RSA' ? 'RS256' : 'ES256';
    const input = `${part({ typ: 'dpop+jwt', alg, jwk: this.jwk, ...header })}.${part(made)}`;
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}
