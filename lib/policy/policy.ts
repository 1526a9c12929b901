import type { Operation } from '../model/access.js';
import type { AudienceClaim, SignatureAlgorithm } from '../model/identity.js';

/**
 * The access policy as every enforcement point gets it: names resolved, principals expanded to one
 * issuer each, provider peculiarities turned into claim tests. Plain JSON; part of the plan.
 */
export interface Policy {
  /** SPIFFE IDs of the gateways. */
  readonly gateways: readonly string[];
  readonly issuers: Readonly<Record<string, Issuer>>;
  readonly services: Readonly<Record<string, ServicePolicy>>;
  /** The SPIFFE ID of the one point that stands before every service in place of their sidecars. @default none does */
  readonly waypoint?: string;
  /** Tokens that are bound to a key come with the scheme `DPoP` and a proof (RFC 9449). @default no such token is taken */
  readonly dpop?: boolean;
}

/** What a valid token of one issuer is, and what its claims mean. */
export interface Issuer {
  readonly kind: 'user' | 'pipeline';
  /** Exactly the `iss` claim. */
  readonly issuer: string;
  readonly profile: TokenProfile;
  /** The top-level claim whose string is a list separated by spaces. */
  readonly scopeClaim: string;
  /** What shows more than one factor; absent where the issuer cannot show it. */
  readonly multiFactor?: ClaimTest;
  /** The claim with the seconds since the epoch of the sign-in; absent where there is none. */
  readonly authTime?: readonly string[];
  /** What shows a compliant device; absent where the issuer cannot show it. */
  readonly device?: ClaimTest;
}

/** One profile per issuer, the same at every point. */
export interface TokenProfile {
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The exact `typ` header, compared without case; absent if the issuer sets none. */
  readonly tokenType?: string;
  /** Top-level string claims with the value each must have. */
  readonly requiredClaims: Readonly<Record<string, string>>;
  /** Top-level claims that must be there, as `presentAndNot` the empty text has it. @default none */
  readonly presentClaims?: readonly string[];
  readonly audienceClaim: AudienceClaim;
  /** The top-level claim with the client that a token was issued to. @default 'client_id' */
  readonly clientClaim?: string;
  /** Seconds by which clocks may differ, for `exp`, `nbf` and `auth_time`. */
  readonly clockSkewSeconds: number;
  /** Bytes of the compact token. */
  readonly maxBytes: number;
  /** Seconds from `iat`, which then must be there and not in the future, to `exp`; absent: not looked at. */
  readonly maxLifetimeSeconds?: number;
}

/** A test of one claim, by its path from the top of the token. */
export type ClaimTest =
  /** The string, or a list with it. */
  | { readonly claim: readonly string[]; readonly test: 'contains'; readonly value: string }
  /** Exactly this boolean or number. */
  | { readonly claim: readonly string[]; readonly test: 'equals'; readonly value: boolean | number }
  /** A non-empty string, or a list with one, and not this value. */
  | { readonly claim: readonly string[]; readonly test: 'presentAndNot'; readonly value: string };

export interface ServicePolicy {
  readonly protocol: 'http' | 'grpc' | 'tcp';
  /** The one host name, in lower case and without a port. */
  readonly authority: string;
  /** Names besides it by which the service is called where nobody writes its authority for the caller. @default none */
  readonly aliases?: readonly string[];
  /** Whether gateways know the service; otherwise only its sidecar does. */
  readonly public: boolean;
  readonly spiffeId: string;
  /** The audiences that a token must name one of, by issuer; an issuer that is not here is not accepted. */
  readonly audiences: Readonly<Record<string, readonly string[]>>;
  readonly cors?: CorsPolicy;
  /** Browsers sign in at gateways and come with a session. @default none can */
  readonly login?: boolean;
  readonly rules: readonly AccessRule[];
}

export interface CorsPolicy {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly maxAge: number;
}

export interface AccessRule {
  /** Unique in the plan. Where several rules match, the first by id (byte order) is the one that decided. */
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  /** Alternatives. */
  readonly principals: readonly PolicyPrincipal[];
  readonly operations: readonly Operation[];
  /** `when` of an allow, `unless` of a deny; all must hold. */
  readonly conditions: readonly PolicyCondition[];
  /** Seconds since the epoch until which the rule is only logged. */
  readonly auditUntil?: number;
  /** Of an allow: seconds since the epoch from which it admits nothing. @default it never ends */
  readonly until?: number;
}

/** When the rule ends; a deny never does, whatever it says. */
export function endOf({ effect, until }: AccessRule): number | undefined {
  return effect === 'allow' ? until : undefined;
}

export type PolicyPrincipal =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'token'; readonly issuer: string; readonly claims: readonly ClaimTest[] }
  | {
      readonly kind: 'workload';
      readonly spiffeId: string;
      /** The token that the workload must carry. */
      readonly forUser?: { readonly issuer: string; readonly claims: readonly ClaimTest[] };
    };

export type PolicyCondition =
  | { readonly kind: 'multiFactor' }
  | { readonly kind: 'signedInWithin'; readonly seconds: number }
  | { readonly kind: 'compliantDevice' }
  | { readonly kind: 'senderConstrained' }
  | { readonly kind: 'dpop' }
  | { readonly kind: 'sourceNetwork'; readonly ranges: readonly string[] }
  | { readonly kind: 'claim'; readonly test: ClaimTest };

/** A condition that the same person can come to satisfy by signing in more strongly (RFC 9470). */
export function isStrength(condition: PolicyCondition): boolean {
  return condition.kind === 'multiFactor' || condition.kind === 'signedInWithin';
}
