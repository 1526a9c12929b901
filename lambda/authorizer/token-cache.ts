import type { KeySet } from './key-set.js';
import type { VerificationKey } from './jwk.js';
import type { ReadToken } from './token.js';

/** A token whose signature was found good. */
export interface VerifiedToken extends ReadToken {
  /** The issuer's name in the policy. */
  readonly issuer: string;
  readonly key: VerificationKey;
  /** Seconds since the epoch from which it is expired for every clock. */
  readonly until: number;
}

/** Characters of the end of a token by which it is found: the whole of an ES256 signature's second half, and more than guessing finds. */
const TAIL = 43;
/** What an entry takes beside its text, and what its claims take for each character of it (measured, rounded up). */
const ENTRY_BYTES = 1200;
const BYTES_PER_CHARACTER = 4;

/**
 * Verified tokens, at most so many bytes of them, the oldest given up first. A token is looked up by its
 * end, so that no long text is hashed, and compared in full, so that one that ends alike is another.
 *
 * An entry says that a signature was good, and nothing else: expiry and key are asked for at each hit
 * here, and claims, revocation and route by `decide`, as for a token that was never seen.
 */
export class TokenCache {
  readonly #entries = new Map<string, VerifiedToken>();
  #bytes = 0;

  constructor(readonly maxBytes: number) {}

  /** The entry of exactly this token, if it is not expired. `now` in seconds. */
  find(compact: string, now: number): VerifiedToken | undefined {
    const entry = this.#entries.get(compact.slice(-TAIL));
    return entry !== undefined && entry.compact === compact && now < entry.until ? entry : undefined;
  }

  /** Whether the key that verified an entry is still the issuer's. */
  static isCurrent({ key }: VerifiedToken, keys: KeySet): boolean {
    return keys.find(key.kid, key.algorithm.name) === key;
  }

  add(entry: VerifiedToken): void {
    const bytes = bytesOf(entry);
    if (bytes > this.maxBytes) return;
    this.delete(entry.compact);
    for (const oldest of this.#entries.values()) {
      if (this.#bytes + bytes <= this.maxBytes) break;
      this.delete(oldest.compact);
    }
    this.#entries.set(entry.compact.slice(-TAIL), entry);
    this.#bytes += bytes;
  }

  /** Forget the token, or one that ends alike. */
  delete(compact: string): void {
    const tail = compact.slice(-TAIL);
    const entry = this.#entries.get(tail);
    if (entry === undefined) return;
    this.#entries.delete(tail);
    this.#bytes -= bytesOf(entry);
  }

  get size(): number {
    return this.#entries.size;
  }
}

function bytesOf({ compact }: VerifiedToken): number {
  return ENTRY_BYTES + BYTES_PER_CHARACTER * compact.length;
}
