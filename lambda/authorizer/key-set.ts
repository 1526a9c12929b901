import type { SignatureAlgorithm } from '../../lib/model/identity.js';
import { type JsonWebKey, type VerificationKey, verificationKeys } from './jwk.js';

/** Keys of one set; the largest published ones hold about ten. */
const MAX_KEYS = 64;

/** The keys that an issuer published at one moment, by id and algorithm. */
export class KeySet {
  readonly #keys = new Map<string, readonly VerificationKey[]>();

  /** A key that was in the set before stays the same object, so that what it verified stays verified. */
  constructor(keys: readonly VerificationKey[], before?: KeySet) {
    for (const [kid, named] of Map.groupBy(keys, (key) => key.kid)) {
      // Of two keys with one id nobody can say which is meant.
      const alone = named.filter(
        ({ algorithm }) => named.filter((key) => key.algorithm === algorithm).length === 1,
      );
      this.#keys.set(
        kid,
        alone.map((key) => {
          const known = before?.find(kid, key.algorithm.name);
          return known?.material === key.material ? known : key;
        }),
      );
    }
  }

  /** Whether the key is still one of these: the very object, as an unchanged key stays the same one. */
  has(key: VerificationKey): boolean {
    return this.#keys.get(key.kid)?.includes(key) === true;
  }

  find(kid: string, algorithm: SignatureAlgorithm): VerificationKey | undefined {
    return this.#keys.get(kid)?.find((key) => key.algorithm.name === algorithm);
  }
}

/**
 * Read a JWK Set. Keys that cannot be used are left out, as RFC 7517 (section 5) has it; an issuer that
 * publishes no other has withdrawn them all. Throws if it is no set, or too large: an answer like that
 * replaces nothing.
 */
export function readKeySet(text: string, algorithms: readonly SignatureAlgorithm[], before?: KeySet): KeySet {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new Error('no JWK set, or one of too many keys');
  const usable = keys.flatMap((jwk: JsonWebKey | null) =>
    typeof jwk === 'object' && jwk !== null ? verificationKeys(jwk, algorithms) : [],
  );
  return new KeySet(usable, before);
}
