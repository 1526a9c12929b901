import { randomUUID } from 'node:crypto';
import type { ClaimTest } from '../../lib/policy/policy.js';
import type { Json, JsonObject } from '../../lib/policy/request.js';
import { revokedClaim } from '../../lib/policy/revocation.js';
import { profileClaims } from '../../lib/policy/token.js';
import type { IssuerProfile } from './issuer.js';
import type { User } from './users.js';

/** How a person signed in, and what for. Times in seconds. */
export interface SignIn {
  readonly audience: string;
  /** The OAuth client that asks. */
  readonly client: string;
  readonly scopes: readonly string[];
  readonly multiFactor: boolean;
  readonly compliantDevice: boolean;
  /** Seconds since the epoch. */
  readonly authTime: number;
  readonly now: number;
  readonly lifetime: number;
  /** base64url SHA-256 of the certificate that the token is bound to (RFC 8705 section 3.1). */
  readonly thumbprint?: string;
}

/** The claims of a person's access token, each where this issuer writes it. */
export function userClaims(issuer: IssuerProfile, name: string, user: User, signIn: SignIn): JsonObject {
  const { token, node } = issuer;
  let claims: JsonObject = {
    ...(user.claims as JsonObject),
    ...profileClaims(token.profile),
    ...clientOf(issuer, signIn.client),
    ...common(issuer, user.sub ?? name, signIn),
  };
  if (node.groupsClaim && user.groups.length > 0) claims = withClaim(claims, node.groupsClaim, user.groups);
  if (signIn.scopes.length > 0) {
    claims = withClaim(claims, [token.scopeClaim], scopeValue(issuer, signIn.scopes));
  }
  if (token.multiFactor) claims = withEvidence(claims, token.multiFactor, signIn.multiFactor);
  if (token.device) claims = withEvidence(claims, token.device, signIn.compliantDevice);
  if (token.authTime) claims = withClaim(claims, token.authTime, signIn.authTime);
  return signIn.thumbprint === undefined ? claims : { ...claims, cnf: { 'x5t#S256': signIn.thumbprint } };
}

/** The claims of a pipeline's token: its own, and what every token has. */
export function pipelineClaims(
  issuer: IssuerProfile,
  name: string,
  request: Pick<SignIn, 'audience' | 'now' | 'lifetime'>,
): JsonObject {
  const own = issuer.node.pipelines?.[name] ?? {};
  return { ...common(issuer, own['sub'] ?? `pipeline:${name}`, request), ...own };
}

/**
 * The claims of a token that a workload gets for a service in exchange for a user's: the same person,
 * signed in the same way, for another audience, with the workload as its actor (RFC 8693 section 4.1).
 * It ends no later, and is not bound to the user's certificate, which the workload does not have.
 */
export function exchangedClaims(
  issuer: IssuerProfile,
  subject: JsonObject,
  request: {
    readonly audience: string;
    /** The SPIFFE ID of the workload. */
    readonly actor: string;
    /** The OAuth client that it is. */
    readonly client: string;
    readonly now: number;
    readonly lifetime: number;
    /** @default the subject's */
    readonly scopes?: readonly string[];
  },
): JsonObject {
  const { cnf: _, act, sub, ...kept } = subject;
  const claims: JsonObject = {
    ...kept,
    ...clientOf(issuer, request.client),
    ...common(issuer, typeof sub === 'string' ? sub : '', request),
    exp: Math.min(request.now + request.lifetime, Number(subject['exp'])),
    act: { sub: request.actor, ...(act !== undefined && { act }) },
  };
  if (!request.scopes) return claims;
  return { ...claims, [issuer.token.scopeClaim]: scopeValue(issuer, request.scopes) };
}

function scopeValue({ scopeFormat }: IssuerProfile, scopes: readonly string[]): Json {
  return scopeFormat === 'list' ? scopes : scopes.join(' ');
}

/** The client, where this issuer writes it; one that stands in for the audience is written as that. */
function clientOf({ token: { profile } }: IssuerProfile, client: string): JsonObject {
  return { [revokedClaim('client', profile)]: client };
}

function common(
  { node, token }: IssuerProfile,
  sub: string,
  { audience, now, lifetime }: Pick<SignIn, 'audience' | 'now' | 'lifetime'>,
): JsonObject {
  return {
    iss: node.issuer,
    sub,
    [token.profile.audienceClaim]: audience,
    iat: now,
    nbf: now,
    exp: now + lifetime,
    jti: randomUUID(),
  };
}

/** Claims that are lists wherever they are used (RFC 8176 section 1, Entra's `acrs`). */
const LISTS: readonly string[] = ['amr', 'acrs'];

/** Write what shows something, or, where the claim can say so, that it is not so. */
function withEvidence(claims: JsonObject, test: ClaimTest, holds: boolean): JsonObject {
  const last = test.claim.at(-1) ?? '';
  if (typeof test.value === 'boolean') return withClaim(claims, test.claim, holds ? test.value : !test.value);
  const isList = LISTS.includes(last);
  if (last === 'amr') return withClaim(claims, test.claim, holds ? ['pwd', test.value] : ['pwd']);
  if (!holds) return claims;
  return withClaim(claims, test.claim, isList ? [test.value] : test.value);
}

/** The claims with one more at a path; what is already on the way and is no object gives way. */
function withClaim(claims: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return { ...claims, [name]: value };
  const inner = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const object =
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {};
  return { ...claims, [name]: withClaim(object, rest, value) };
}
