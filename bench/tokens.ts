import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JsonObject } from '../lib/policy/request.js';

export type Algorithm = 'ES256' | 'RS256';

/** A key for each algorithm that the benchmarks use; every issuer has the same two. */
export class TokenSigner {
  readonly #keys: Record<Algorithm, { publicKey: KeyObject; privateKey: KeyObject }> = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };

  /** The public halves (RFC 7517). */
  get jwks(): object {
    const keys = Object.entries(this.#keys).map(([alg, { publicKey }]) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid: alg,
      alg,
      use: 'sig',
    }));
    return { keys };
  }

  /** A compact token (RFC 7515). */
  token(algorithm: Algorithm, claims: JsonObject): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part({ alg: algorithm, kid: algorithm, typ: 'JWT' })}.${part(claims)}`;
    const key = this.#keys[algorithm].privateKey;
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}
