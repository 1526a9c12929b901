import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { NOW } from '../../policy/fixture.js';

/** A client that proves that it has the key which its token is bound to (RFC 9449). */
export class Prover {
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  #made = 0;

  get privateKey(): KeyObject {
    return this.#pair.privateKey;
  }

  get jwk() {
    return this.#pair.publicKey.export({ format: 'jwk' });
  }

  get thumbprint(): string {
    const { crv, kty, x, y } = this.jwk;
    return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
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
    const input = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk, ...header })}.${part(made)}`;
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}
