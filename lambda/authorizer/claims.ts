import { memberOf } from '../../lib/policy/claim.js';
import type { Json } from '../../lib/policy/request.js';
import type { Issuer } from '../../lib/policy/policy.js';
import type { ReadToken } from './token.js';

/**
 * Claims that no access token has: those of an ID token (OpenID Connect Core, sections 3.1.3.6 and 3.3.2.11), and that
 * of a logout token (OpenID Connect Back-Channel Logout, section 2.4).
 */
const CLAIMS_OF_OTHERS = ['at_hash', 'c_hash', 's_hash', 'events'];

/**
 * What makes a token bad beyond what every point looks at; undefined if nothing. Only ever stricter
 * than `decide`: each of these ends with the same answer as a bad token there. `now` in seconds.
 */
export function strictFault(
  token: ReadToken,
  issuer: Issuer,
  maxLifetimeSeconds: number,
  now: number,
): string | undefined {
  const { header, claims } = token;
  const { profile } = issuer;
  const isTyped = profile.tokenType !== undefined || header.isAccessToken;
  if (!isTyped || CLAIMS_OF_OTHERS.some((name) => Object.hasOwn(claims, name))) return 'not an access token';
  // Without it nobody could say how long the token lives, nor what of a revocation speaks about it.
  const issuedAt = numberOf(memberOf(claims, 'iat'));
  if (issuedAt === undefined) return 'without iat';
  if (issuedAt > now + profile.clockSkewSeconds) return 'issued in the future';
  const expires = numberOf(memberOf(claims, 'exp')) ?? Number.POSITIVE_INFINITY;
  return expires - issuedAt > maxLifetimeSeconds ? 'lives too long' : undefined;
}

/** Seconds since the epoch from which a token is expired for every clock. */
export function endOf({ claims }: ReadToken, { profile }: Issuer): number {
  return Math.trunc(numberOf(memberOf(claims, 'exp')) ?? 0) + profile.clockSkewSeconds + 1;
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
