import type { Issuer, Policy } from '../../policy.js';

/** How an issuer writes an audience: as one text, or as a list of texts. */
export type AudienceFormat = 'single-string' | 'string-array';

/** A claim that must have the value, in the words of `JwtValidationActionAdditionalClaim`. */
export interface JwtClaim {
  readonly name: string;
  readonly format: AudienceFormat;
  readonly values: readonly [string];
}

/**
 * What a load balancer looks at before it hands a request on (`jwt-validation`): signature, `iss`, `exp`, `nbf` and `iat` of one
 * RS256 token, and these claims. It decides nothing: the gateway judges whatever passes as if nobody had looked.
 */
export interface JwtCheck {
  /** Exactly the `iss`. */
  readonly issuer: string;
  readonly jwksEndpoint: string;
  /** The audience first, without which any token of the issuer would pass. */
  readonly additionalClaims: readonly [JwtClaim, ...JwtClaim[]];
}

export interface JwtCheckOptions {
  readonly policy: Policy;
  readonly service: string;
  /** Where the keys of each issuer are. */
  readonly jwksUris: Readonly<Record<string, string>>;
  /** How the issuer writes the audience; it takes one format, and says nothing of tokens with the other but no. */
  readonly audience: AudienceFormat;
}

/** The only algorithm ("Verify JWTs using an Application Load Balancer"). */
export const ALGORITHM = 'RS256';
/** Additional claims ("JwtValidationActionConfig"). */
const MOST_CLAIMS = 10;
/** Characters of an issuer, an address of keys and a value ("JwtValidationActionConfig", "…AdditionalClaim"). */
const MOST_CHARACTERS = 256;
/** What is looked at by itself, and cannot be named again ("JwtValidationActionAdditionalClaim"). */
const LOOKED_AT: readonly string[] = ['exp', 'iss', 'nbf', 'iat'];

/** The check for tokens of one issuer with one audience. */
export function checkFor(
  { profile: { audienceClaim, requiredClaims }, issuer }: Issuer,
  { audience, jwksEndpoint, format }: { audience: string; jwksEndpoint: string; format: AudienceFormat },
): JwtCheck {
  const others = Object.keys(requiredClaims)
    .sort()
    .map((name): JwtClaim => ({ name, format: 'single-string', values: [requiredClaims[name]!] }));
  return {
    issuer,
    jwksEndpoint,
    additionalClaims: [{ name: audienceClaim, format, values: [audience] }, ...others],
  };
}

/** What of a check a load balancer does not take; undefined if it takes all. */
export function limitOf({ issuer, jwksEndpoint, additionalClaims }: JwtCheck): string | undefined {
  const names = additionalClaims.map(({ name }) => name);
  if (names.length > MOST_CLAIMS) return `${names.length} claims, and it takes ${MOST_CLAIMS}`;
  const reserved = names.find((name) => LOOKED_AT.includes(name));
  if (reserved !== undefined) return `the claim ${reserved}, at which it looks in its own way`;
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) return `the claim ${twice} twice`;
  const long = [issuer, jwksEndpoint, ...additionalClaims.flatMap(({ values }) => values)].find(
    (text) => text.length > MOST_CHARACTERS,
  );
  return long === undefined ? undefined : `${long.length} characters, and it takes ${MOST_CHARACTERS}`;
}
