import { codedError } from '../coded-error.js';
import type { ZeroTrustError } from '../diagnostic.js';
import type { Plan } from '../plan/plan.js';
import type { ClaimTest, Issuer } from '../policy/policy.js';
import type { Credential, Json, JsonObject } from '../policy/request.js';
import { profileClaims } from '../policy/token.js';

/** A user's token in the terms of the model; what is not said is not in the token. */
export interface UserTokenDescription {
  /** The name of the provider in the model. */
  readonly issuer: string;
  readonly subject?: string;
  readonly groups?: readonly string[];
  readonly scopes?: readonly string[];
  /** Top-level claims, over whatever the other fields make. */
  readonly claims?: JsonObject;
  /** Signed in with more than one factor. */
  readonly multiFactor?: boolean;
  /** Seconds since the person signed in. */
  readonly signedInAgo?: number;
  /** The thumbprint of the certificate that the token is bound to (RFC 8705). */
  readonly boundTo?: string;
  /** The thumbprint of the key that the token is bound to, and that a DPoP proof comes from (RFC 9449). */
  readonly provenBy?: string;
}

type Jwt = Extract<Credential, { kind: 'jwt' }>;

/** Seconds that a described token lives; no rule depends on it. */
const LIFETIME = 300;

/**
 * The token that an issuer of the model would give this user for a service, its signature taken as valid.
 *
 * Throws `ZeroTrustError`: `unknown-provider`, or `not-shown` for what the provider's tokens never say.
 */
export function userToken(
  plan: Plan,
  service: string | undefined,
  described: UserTokenDescription,
  now: number,
): Credential {
  const node = plan.issuers[described.issuer];
  const issuer = plan.policy.issuers[described.issuer];
  if (!node || issuer?.kind !== 'user') {
    const known = Object.keys(plan.policy.issuers).filter(
      (name) => plan.policy.issuers[name]?.kind === 'user',
    );
    throw codedError(
      'unknown-provider',
      '',
      `the model has no provider "${described.issuer}" whose tokens can be judged`,
      {
        found: described.issuer,
        expected: known.join(', ') || 'none is declared',
      },
    );
  }
  const claims = commonClaims(plan, described.issuer, issuer, service, now);
  claims['sub'] = described.subject ?? 'someone';
  if (described.groups?.length) put(claims, node.groupsClaim ?? ['groups'], [...described.groups]);
  if (described.scopes?.length) put(claims, [issuer.scopeClaim], [...described.scopes]);
  if (described.multiFactor) {
    if (!issuer.multiFactor) throw notShown(described.issuer, 'more than one factor', 'mfa');
    putEvidence(claims, issuer.multiFactor);
  }
  if (described.signedInAgo !== undefined) {
    if (!issuer.authTime) throw notShown(described.issuer, 'when the person signed in', 'authTimeClaim');
    put(claims, issuer.authTime, now - described.signedInAgo);
  }
  if (described.boundTo !== undefined) put(claims, ['cnf', 'x5t#S256'], described.boundTo);
  if (described.provenBy !== undefined) put(claims, ['cnf', 'jkt'], described.provenBy);
  const made = credential(issuer, { ...claims, ...described.claims });
  return described.provenBy === undefined ? made : { ...made, scheme: 'DPoP' };
}

/** The token of a pipeline's job. Throws `ZeroTrustError` with `unknown-pipeline`. */
export function pipelineToken(
  plan: Plan,
  service: string | undefined,
  name: string,
  now: number,
): Credential {
  const found = Object.entries(plan.issuers).find(([, node]) => Object.hasOwn(node.pipelines ?? {}, name));
  const issuer = found && plan.policy.issuers[found[0]];
  if (!found || !issuer) {
    const known = Object.values(plan.issuers).flatMap((node) => Object.keys(node.pipelines ?? {}));
    throw codedError('unknown-pipeline', '', `the model has no pipeline "${name}"`, {
      found: name,
      expected: known.join(', ') || 'none is declared',
    });
  }
  const [key, node] = found;
  return credential(issuer, { ...commonClaims(plan, key, issuer, service, now), ...node.pipelines?.[name] });
}

/** A token by its claims, in whole: nothing is added. */
export function claimsToken(plan: Plan, claims: JsonObject, header?: JsonObject): Credential {
  const issuer = Object.values(plan.policy.issuers).find((known) => known.issuer === claims['iss']);
  return credential(issuer, claims, header);
}

function commonClaims(
  plan: Plan,
  name: string,
  { issuer, profile }: Issuer,
  service: string | undefined,
  now: number,
): Record<string, Json> {
  const node = service === undefined ? undefined : plan.services[service];
  const accepted = service === undefined ? undefined : plan.policy.services[service]?.audiences[name]?.[0];
  return {
    iss: issuer,
    ...profileClaims(profile),
    [profile.audienceClaim]: accepted ?? node?.audience ?? '',
    iat: now,
    exp: now + LIFETIME,
  };
}

function credential(issuer: Issuer | undefined, claims: JsonObject, header?: JsonObject): Jwt {
  const made: JsonObject = {
    alg: issuer?.profile.algorithms[0] ?? 'RS256',
    // Of a key that the issuer publishes: the signature is taken as valid.
    kid: 'current',
    ...(issuer?.profile.tokenType !== undefined && { typ: issuer.profile.tokenType }),
  };
  return {
    kind: 'jwt',
    header: header ?? made,
    claims,
    bytes: JSON.stringify(claims).length,
    signature: 'valid',
  };
}

/** A list in which the value is, beside what the claim already has, or the value itself. */
function putEvidence(claims: Record<string, Json>, { claim, test, value }: ClaimTest): void {
  if (test === 'equals') return put(claims, claim, value);
  const present = claim.length === 1 ? claims[claim[0] ?? ''] : undefined;
  put(claims, claim, [...(Array.isArray(present) ? (present as Json[]) : []), value]);
}

function put(claims: Record<string, Json>, path: readonly string[], value: Json): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    claims[name] = value;
    return;
  }
  const present = claims[name];
  const inner = typeof present === 'object' && present !== null && !Array.isArray(present) ? present : {};
  const copy: Record<string, Json> = { ...(inner as JsonObject) };
  put(copy, rest, value);
  claims[name] = copy;
}

function notShown(provider: string, what: string, field: string): ZeroTrustError {
  return codedError('not-shown', '', `tokens of "${provider}" do not show ${what}`, {
    remedy: `say where they do by \`${field}\` of the provider, or leave it out`,
  });
}
