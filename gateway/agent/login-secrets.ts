import { z } from 'zod';
import { AgentError } from './error.js';

/** What the secret of sessions holds: a rotation says from when another one seals them, so that all tasks change at once. */
export interface Seal {
  readonly secret: string;
  /** Seconds since the epoch, before which `previous` is in force. */
  readonly from?: number;
  readonly previous?: string;
}

/** Characters of a seal, at least: 32 of 62 letters and digits are 190 bits. */
const LEAST = 32;
const SEALED = z.string().regex(new RegExp(`^[\\x21-\\x7e]{${LEAST},256}$`));
const SEAL = z.union([
  z.strictObject({ secret: SEALED }),
  z.strictObject({ secret: SEALED, from: z.int().positive(), previous: SEALED }),
]);
const CLIENT = z.string().regex(/^[\x20-\x7e]{1,1024}$/);

/** Take the text of the secret that seals sessions. Throws `unusable-login-secret`, which never quotes it. */
export function sealOf(text: string): Seal {
  try {
    return SEAL.parse(JSON.parse(text)) as Seal;
  } catch {
    throw unusable('what seals sessions is not { secret } or { secret, from, previous }');
  }
}

/** Which one seals sessions at that instant, in milliseconds since the epoch. */
export function sealInForce({ secret, from, previous }: Seal, now: number): string {
  return from !== undefined && previous !== undefined && now < from * 1000 ? previous : secret;
}

/** Take the text of a client's secret, or of that field of it. Throws `unusable-login-secret`, which never quotes it. */
export function clientSecretOf(text: string, field?: string): string {
  try {
    return CLIENT.parse(field === undefined ? text : (JSON.parse(text) as Record<string, unknown>)[field]);
  } catch {
    throw unusable("the client's secret is no text of printable characters, or the field is not there");
  }
}

function unusable(why: string): AgentError {
  return new AgentError('unusable-login-secret', why);
}
