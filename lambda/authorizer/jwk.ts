import { createPublicKey, type JsonWebKey as NodeJsonWebKey, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../../lib/model/identity.js';
import { ALGORITHMS, type Algorithm, isSignedBy, keyInput } from './algorithm.js';

/** A JSON Web Key Set as an issuer publishes it (RFC 7517); what is in it is judged key by key. */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** The members of a key that are looked at; an issuer may write anything in them. */
export interface JsonWebKey {
  readonly kty?: unknown;
  readonly kid?: unknown;
  readonly alg?: unknown;
  readonly use?: unknown;
  readonly key_ops?: unknown;
  readonly crv?: unknown;
  readonly n?: unknown;
  readonly e?: unknown;
  readonly x?: unknown;
  readonly y?: unknown;
}

/** RFC 7518, section 3.3, and an upper end beyond which one check costs more than a millisecond. */
const RSA_BITS = { least: 2048, most: 8192 };
/**
 * Bits of a public exponent, which is odd and 3 or more (RFC 8017 section 3.1). Keys have 65,537; FIPS 186-5 (appendix
 * A.1.1) allows 256 bits, but each costs a multiplication: with an exponent as long as the modulus a check takes 10 ms.
 */
const MAX_EXPONENT_BITS = 32;
/** Characters of a `kid`. */
export const MAX_KEY_ID = 256;

/** A published key with one algorithm; OpenSSL reads it when it is first asked. */
export class VerificationKey {
  /** The public values: equal keys have equal ones. */
  readonly material: string;
  #input: ReturnType<typeof keyInput> | undefined;

  constructor(
    readonly kid: string,
    readonly algorithm: Algorithm,
    jwk: JsonWebKey,
  ) {
    const { kty, crv, n, e, x, y } = jwk;
    this.material = JSON.stringify({ kty, crv, n, e, x, y });
  }

  /** Throws if the key is on no curve or in no form that OpenSSL takes. */
  read(): KeyObject {
    const jwk = JSON.parse(this.material) as NodeJsonWebKey;
    return createPublicKey({ key: jwk, format: 'jwk' });
  }

  /** Whether this key signed the ASCII text; false if it is no key. */
  verifies(text: string, signature: Buffer): boolean {
    try {
      this.#input ??= keyInput(this.algorithm, this.read());
      return isSignedBy(this.algorithm, this.#input, text, signature);
    } catch {
      return false;
    }
  }
}

/**
 * What a published key verifies: its own `alg`, or, if it names none, those of the issuer's algorithms
 * that go with its type and curve. Nothing if it is for another use, has no id, or is too weak.
 */
export function verificationKeys(
  jwk: JsonWebKey,
  algorithms: readonly SignatureAlgorithm[],
): VerificationKey[] {
  const { kid, use, key_ops: operations, alg } = jwk;
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KEY_ID) return [];
  if (use !== undefined && use !== 'sig') return [];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return [];
  if (alg !== undefined && !ALGORITHMS.has(alg)) return [];
  return algorithms
    .filter((name) => alg === undefined || name === alg)
    .map((name) => ALGORITHMS.get(name)!)
    .filter((algorithm) => isFor(jwk, algorithm))
    .map((algorithm) => new VerificationKey(kid, algorithm, jwk));
}

/** Whether a key is one of the algorithm's, on its curve, and neither too weak nor too costly to check with. */
export function isFor({ kty, crv, n, e }: JsonWebKey, { keyType, curve }: Algorithm): boolean {
  if (kty !== keyType || (curve !== undefined && crv !== curve)) return false;
  if (keyType !== 'RSA') return true;
  if (typeof n !== 'string' || typeof e !== 'string') return false;
  const bits = bitLength(Buffer.from(n, 'base64url'));
  return bits >= RSA_BITS.least && bits <= RSA_BITS.most && isExponent(Buffer.from(e, 'base64url'));
}

/** An exponent of 1 verifies everything. */
function isExponent(bytes: Buffer): boolean {
  const bits = bitLength(bytes);
  return bits > 1 && bits <= MAX_EXPONENT_BITS && bytes.at(-1)! % 2 === 1;
}

function bitLength(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first]!) + 24;
}
