import { withScopeList } from '../../lib/policy/claim.js';
import type { JsonObject } from '../../lib/policy/request.js';
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

/** Characters of the end of a token by which it is found: of its signature, which is as good as random. */
const TAIL = 8;
/** What an entry takes beside its text and claims, each character of its text, and each value in its claims (measured, rounded up). */
const BYTES = { entry: 1200, character: 2, value: 64 };

/**
 * Verified tokens, at most so many bytes of them, the oldest given up first. A token is looked up by a number
 * made of its end, so that no text is hashed, and compared in full, so that one that ends alike is another: of
 * two such tokens the later one is kept.
 *
 * An entry says which key found the signature good, and nothing else: at each hit the key must still be
 * the issuer's, and `decide` judges claims, revocation and route as for a token that was never seen.
 */
export class TokenCache {
  readonly #entries = new Map<number, VerifiedToken>();
  #bytes = 0;

  constructor(readonly maxBytes: number) {}

  /** The entry of exactly this token, if it is not expired. `now` in seconds. */
  find(compact: string, now: number): VerifiedToken | undefined {
    const entry = this.#entries.get(endOf(compact));
    return entry !== undefined && entry.compact === compact && now < entry.until ? entry : undefined;
  }

  /**
   * Keep a token. Its text is copied, as what came with the event is a part of a longer one, and its scopes
   * are made the list that every decision would make of them anew.
   */
  add(token: VerifiedToken, scopeClaim: string): void {
    if (this.maxBytes === 0) return;
    const claims = withScopeList(token.claims, scopeClaim);
    // Of the claims as they are kept: what is added here is what `delete` takes away.
    const bytes = bytesOf(token.compact, claims);
    if (bytes > this.maxBytes) return;
    this.delete(token.compact);
    for (const oldest of this.#entries.values()) {
      if (this.#bytes + bytes <= this.maxBytes) break;
      this.delete(oldest.compact);
    }
    const compact = Buffer.from(token.compact, 'latin1').toString('latin1');
    const credential = { ...token.credential, claims };
    this.#entries.set(endOf(compact), { ...token, compact, claims, credential });
    this.#bytes += bytes;
  }

  /** Forget the token, or one that ends alike. */
  delete(compact: string): void {
    const end = endOf(compact);
    const entry = this.#entries.get(end);
    if (entry === undefined) return;
    this.#entries.delete(end);
    this.#bytes -= bytesOf(entry.compact, entry.claims);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** 32 bits of the last characters. A text as a key would have to be cut out, hashed and compared: twice the time. */
function endOf(compact: string): number {
  let end = 0;
  for (let at = compact.length - TAIL; at < compact.length; at++) {
    end = (end * 31 + compact.charCodeAt(at)) | 0;
  }
  return end;
}

/** At most so many bytes of memory: dense JSON takes many times its text. */
function bytesOf(compact: string, claims: JsonObject): number {
  return BYTES.entry + BYTES.character * compact.length + BYTES.value * valuesIn(claims);
}

/** The values in a value, itself among them. The reader has bounded their depth. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const item of Object.values(value)) count += valuesIn(item);
  return count;
}
