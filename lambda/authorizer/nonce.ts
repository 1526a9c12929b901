import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from './refreshed.js';

/** Says which nonces a proof may carry. */
export interface AcceptedNonces {
  accepts(nonce: unknown): boolean;
}

/**
 * Nonces for DPoP proofs (RFC 9449, section 9), so that none can be made ahead of time: an HMAC of the
 * period by a key that only this process knows. Nothing is remembered, and the last period's still counts.
 */
export class Nonces implements AcceptedNonces {
  readonly #key = randomBytes(32);

  constructor(
    readonly clock: Clock,
    /** The length of a period: a nonce is good for that long at least, and for twice that at most. */
    readonly seconds: number,
  ) {}

  /** The nonce to be used now. */
  get current(): string {
    return this.#of(this.#period);
  }

  accepts(nonce: unknown): boolean {
    const period = this.#period;
    return nonce === this.#of(period) || nonce === this.#of(period - 1);
  }

  get #period(): number {
    return Math.floor(this.clock() / 1000 / this.seconds);
  }

  #of(period: number): string {
    return createHmac('sha256', this.#key).update(String(period)).digest('base64url');
  }
}
