import type { ClaimTest } from './policy.js';
import type { Json, JsonObject } from './request.js';

/** The value at a path of own properties, or undefined. */
export function claimAt(claims: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

/** Put a value at a path, into copies of the objects on it; what stands in the way is replaced. */
export function putClaim(
  claims: Record<string, Json>,
  [name = '', ...rest]: readonly string[],
  value: Json,
): void {
  if (rest.length === 0) {
    claims[name] = value;
    return;
  }
  const inner = claims[name];
  const copy: Record<string, Json> =
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...(inner as JsonObject) } : {};
  putClaim(copy, rest, value);
  claims[name] = copy;
}

/** The own member of that name, or undefined. */
export function memberOf(members: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** The thumbprint of the key that a token is bound to (RFC 9449 section 6.1), if it is bound to one. */
export function boundKey(claims: JsonObject): string | undefined {
  const key = claimAt(claims, ['cnf', 'jkt']);
  return typeof key === 'string' && key !== '' ? key : undefined;
}

/** Whether the claim passes. A claim that is missing, null, empty or of another type passes no test. */
export function passes(claims: JsonObject, test: ClaimTest): boolean {
  const value = claimAt(claims, test.claim);
  switch (test.test) {
    case 'contains':
      return contains(value, test.value);
    case 'equals':
      return value === test.value;
    case 'presentAndNot':
      return isPresent(value) && !contains(value, test.value);
  }
}

/** Whether a claim's value is the string, or a list with it. The empty string is in nothing. */
export function contains(value: Json | undefined, wanted: string): boolean {
  return wanted !== '' && (Array.isArray(value) ? value.includes(wanted) : value === wanted);
}

/** A non-empty string, or a list with one. */
function isPresent(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some((item) => typeof item === 'string' && item !== '');
  return typeof value === 'string' && value !== '';
}

/**
 * The claims with the scope claim's string split at spaces, as every test reads them. A list stays as
 * it is, and so does a string in which nothing but spaces is.
 */
export function withScopeList(claims: JsonObject, scopeClaim: string): JsonObject {
  const scope = memberOf(claims, scopeClaim);
  if (typeof scope !== 'string') return claims;
  const scopes = scope.split(' ').filter((item) => item !== '');
  return scopes.length === 0 ? claims : { ...claims, [scopeClaim]: scopes };
}
