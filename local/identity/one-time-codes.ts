import { createHmac, timingSafeEqual } from 'node:crypto';

/** RFC 6238 section 4, as authenticator apps have it: HMAC-SHA-1, six digits, a new code every 30 seconds. */
const STEP = 30;
const DIGITS = 6;
/** Steps by which the clocks of a phone and of this machine may differ. */
const SKEW = 1;
/** Wrong codes of one sign-in. */
const ATTEMPTS = 5;
/** Sign-ins above which the oldest are forgotten. */
const REMEMBERED = 1000;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code of an authenticator with this secret (base32) at an instant, in seconds since the epoch. */
export function codeAt(secret: string, now: number): string {
  return code(base32(secret), Math.floor(now / STEP));
}

/** What codes have been used, and how often a wrong one was tried; a restart forgets it. */
export class OneTimeCodes {
  /** By user: the step of the last code, which no one takes again (RFC 6238 section 5.2). */
  readonly #used = new Map<string, number>();
  /** By sign-in. */
  readonly #wrong = new Map<string, number>();

  /** Take a code. `locked` after too many wrong ones in one sign-in. */
  take(
    { user, secret, signIn, now }: { user: string; secret: string; signIn: string; now: number },
    given: string,
  ): 'good' | 'wrong' | 'locked' {
    const wrong = this.#wrong.get(signIn) ?? 0;
    if (wrong >= ATTEMPTS) return 'locked';
    const step = this.#stepOf(user, base32(secret), Math.floor(now / STEP), given.replaceAll(' ', ''));
    if (step === undefined) {
      remember(this.#wrong, signIn, wrong + 1);
      return 'wrong';
    }
    remember(this.#used, user, step);
    return 'good';
  }

  #stepOf(user: string, key: Buffer, current: number, given: string): number | undefined {
    const last = this.#used.get(user) ?? Number.NEGATIVE_INFINITY;
    for (let step = current - SKEW; step <= current + SKEW; step++) {
      if (step > last && isSame(code(key, step), given)) return step;
    }
    return undefined;
  }
}

function code(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', key).update(counter).digest();
  const number = digest.readUInt32BE(digest[digest.length - 1]! & 0xf) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** RFC 4648 section 6, without padding. */
function base32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    value = ((value << 5) | ALPHABET.indexOf(character)) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value as Key);
}
