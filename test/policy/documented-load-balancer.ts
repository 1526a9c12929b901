import type { Json, JsonObject, Request } from '../../lib/policy/index.js';
import type { JwtCheck, JwtClaim } from '../../lib/policy/compile/load-balancer-jwt/index.js';

/**
 * What "Verify JWTs using an Application Load Balancer" and the API reference say that a load balancer does with a request, written
 * without the compiler. Of what they do not say the strictest reading is taken: no skew, a list with the one value alone, one
 * line of `Authorization`, a `kid`, whole seconds.
 */
export function handsOn(
  { issuer, additionalClaims }: JwtCheck,
  { credential, headers, now }: Request,
): boolean {
  if (credential.kind !== 'jwt' || credential.scheme === 'DPoP') return false;
  if (headers.filter(([name]) => name === 'authorization').length > 1) return false;
  const { header, claims, signature } = credential;
  return (
    signature === 'valid' &&
    header['alg'] === 'RS256' &&
    typeof header['kid'] === 'string' &&
    claims['iss'] === issuer &&
    isInTime(claims, now) &&
    additionalClaims.every((claim) => isRight(claims[claim.name], claim))
  );
}

/** `iss` and `exp` are mandatory; `nbf` and `iat` are validated if they are there. */
function isInTime({ exp, nbf, iat }: JsonObject, now: number): boolean {
  const hasBegun = (value: Json | undefined) =>
    value === undefined || (Number.isSafeInteger(value) && (value as number) <= now);
  return Number.isSafeInteger(exp) && (exp as number) > now && hasBegun(nbf) && hasBegun(iat);
}

function isRight(value: Json | undefined, { format, values }: JwtClaim): boolean {
  const one =
    format === 'single-string' ? value : Array.isArray(value) && value.length === 1 ? value[0] : undefined;
  return typeof one === 'string' && (values as readonly string[]).includes(one);
}
