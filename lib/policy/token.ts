import { contains, memberOf, passes, withScopeList } from './claim.js';
import type { PolicyIndex } from './index-rules.js';
import type { ClaimTest, Issuer, TokenProfile } from './policy.js';
import { type Credential, type HeaderLine, headerValue, type Json, type JsonObject } from './request.js';
import { parseTokenJson } from './token-json.js';

/** A token that its issuer's profile accepts. */
export interface ValidToken {
  /** The issuer's name in the policy. */
  readonly issuer: string;
  readonly profile: Issuer;
  /** Its claims, scopes as a list. */
  readonly claims: JsonObject;
}

export type TokenVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'valid'; readonly token: ValidToken }
  | { readonly kind: 'invalid'; readonly reason: string };

const TOKEN = /^(?:Bearer|DPoP) ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/**
 * Read the `Authorization` header lines. Exactly one `Bearer` or `DPoP` token, or none at all: any other line
 * (another scheme, two tokens, a list) is a bad token, so that no two points can read it differently.
 * `verify` says whether a current key of the issuer in `iss` signed the token; it must not throw.
 */
export function readCredential(
  headers: readonly HeaderLine[],
  verify: (compact: string, header: JsonObject, claims: JsonObject) => boolean,
): Credential {
  const value = headerValue(headers, 'authorization');
  if (value === undefined) return { kind: 'none' };
  const parts = TOKEN.exec(value)?.slice(1);
  if (!parts)
    return { kind: 'malformed', reason: 'not one `Bearer` or `DPoP` token of three base64url parts' };
  if (parts.some((part) => part.length % 4 === 1)) return { kind: 'malformed', reason: 'not base64url' };
  const [header, claims] = parts.slice(0, 2).map((part) => parseTokenJson(Buffer.from(part, 'base64url')));
  if (!header || !claims) return { kind: 'malformed', reason: 'header or payload is not a JSON object' };
  const isProof = value.startsWith('DPoP ');
  const compact = value.slice(value.indexOf(' ') + 1);
  const signature = verify(compact, header, claims) ? 'valid' : 'invalid';
  return {
    kind: 'jwt',
    ...(isProof && { scheme: 'DPoP' }),
    header,
    claims,
    bytes: compact.length,
    signature,
  };
}

/**
 * Judge a credential by the profile of the issuer it names. Without a service (an unknown authority)
 * its audience and its revocation are not looked at: there is nothing that it could open.
 */
export function judgeToken(
  index: PolicyIndex,
  service: string | undefined,
  credential: Credential,
  now: number,
): TokenVerdict {
  if (credential.kind === 'none') return { kind: 'none' };
  if (credential.kind === 'malformed') return invalid(credential.reason);
  const iss = memberOf(credential.claims, 'iss');
  const name = typeof iss === 'string' ? index.byIssuer.get(iss) : undefined;
  if (name === undefined) return invalid('issuer');
  const profile = index.policy.issuers[name]!;
  const claims = withScopeList(credential.claims, profile.scopeClaim);
  const fault =
    faultOf(credential, claims, profile, now) ??
    (service === undefined ? undefined : faultAt(index, service, name, claims, now));
  return fault === undefined ? { kind: 'valid', token: { issuer: name, profile, claims } } : invalid(fault);
}

function invalid(reason: string): TokenVerdict {
  return { kind: 'invalid', reason };
}

/** What makes a token of an issuer bad wherever it is used. */
function faultOf(
  { header, bytes, signature }: Extract<Credential, { kind: 'jwt' }>,
  claims: JsonObject,
  { profile }: Issuer,
  now: number,
): string | undefined {
  const skew = profile.clockSkewSeconds;
  if (bytes > profile.maxBytes) return 'size';
  if (!profile.algorithms.some((algorithm) => algorithm === memberOf(header, 'alg'))) return 'algorithm';
  if (!isText(memberOf(header, 'kid'))) return 'key id';
  if (Object.hasOwn(header, 'crit')) return 'critical header';
  if (profile.tokenType !== undefined && !isType(memberOf(header, 'typ'), profile.tokenType)) return 'type';
  if (signature !== 'valid') return 'signature';

  if (!isText(memberOf(claims, 'sub'))) return 'claim sub';
  if (!isText(memberOf(claims, 'jti'))) return 'claim jti';
  if (!isAudience(memberOf(claims, 'aud'))) return 'claim aud';
  const expires = seconds(memberOf(claims, 'exp'));
  const notBefore = seconds(memberOf(claims, 'nbf'));
  const issuedAt = seconds(memberOf(claims, 'iat'));
  // A token without an expiry never ends; one that expires at 0 counts as that.
  if (!expires) return 'expiry';
  if (now > expires + skew) return 'expired';
  if (Number.isNaN(notBefore) || (notBefore ?? 0) > now + skew) return 'not before';
  if (Number.isNaN(issuedAt)) return 'claim iat';
  if (
    profile.maxLifetimeSeconds !== undefined &&
    !isWithinLife(claims, profile.maxLifetimeSeconds, now + skew)
  ) {
    return 'lifetime';
  }
  for (const name in profile.requiredClaims) {
    if (memberOf(claims, name) !== profile.requiredClaims[name]) return `claim ${name}`;
  }
  const absent = profile.presentClaims?.find((name) => !passes(claims, presence(name)));
  return absent === undefined ? undefined : `claim ${absent}`;
}

/** What every point asks about a claim of `presentClaims`. */
export function presence(name: string): ClaimTest {
  return { claim: [name], test: 'presentAndNot', value: '' };
}

/** What every good token of a profile says besides what differs from one to the next: for tokens that are made up. */
export function profileClaims({ requiredClaims, presentClaims = [] }: TokenProfile): Record<string, string> {
  return { ...Object.fromEntries(presentClaims.map((name) => [name, 'anything'])), ...requiredClaims };
}

/**
 * Whether a token says since when it lives, and lives no longer. As they are, fractions too: so Envoy's expressions
 * read them. `latest` is how far in the future it may have been issued.
 */
function isWithinLife(claims: JsonObject, most: number, latest: number): boolean {
  const issuedAt = Number(memberOf(claims, 'iat'));
  return issuedAt <= latest && Number(memberOf(claims, 'exp')) - issuedAt <= most;
}

/** What makes an otherwise good token bad at one service. */
function faultAt(
  index: PolicyIndex,
  service: string,
  issuer: string,
  claims: JsonObject,
  now: number,
): string | undefined {
  const known = index.policy.issuers[issuer]!;
  const accepted = index.services.get(service)?.audiences.get(issuer) ?? [];
  const named = memberOf(claims, known.profile.audienceClaim);
  if (!accepted.some((audience) => contains(named, audience))) return 'audience';
  return index.revocations.revokes(issuer, known, claims, now) ? 'revoked' : undefined;
}

/** Claims that every token library reads by itself: a string, or not there. */
function isText(value: Json | undefined): boolean {
  return value === undefined || typeof value === 'string';
}

/** Media types compare without case (RFC 7515 section 4.1.9); they are ASCII. */
function isType(value: Json | undefined, expected: string): boolean {
  return typeof value === 'string' && lowerCase(value) === lowerCase(expected);
}

function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * The whole seconds of a NumericDate (RFC 7519 section 2), as Envoy keeps them: an unsigned 64-bit
 * integer. Undefined if there is none, NaN if the value is not one.
 */
function seconds(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'number' && value >= 0 && value < 2 ** 64 ? Math.trunc(value) : Number.NaN;
}

/** A string or a list of nothing but strings (RFC 7519 section 4.1.3), or not there. */
function isAudience(value: Json | undefined): boolean {
  return Array.isArray(value) ? value.every((item) => typeof item === 'string') : isText(value);
}
