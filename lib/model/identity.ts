import { type DirectoryOptions, directoryProvider } from './directory.js';
import type { ProviderEndpoints } from './login.js';
import type { ClaimPath, ClaimValue } from './principal.js';

export type { DirectoryOptions } from './directory.js';

/** A claim and the value that shows something: `{ claim: 'amr', value: 'mfa' }`. */
export interface ClaimEvidence {
  readonly claim: ClaimPath;
  readonly value: ClaimValue;
}

/** The signature algorithms a provider may use (RFC 7518 section 3.1, RFC 8037); never `none`, never HMAC. */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** Where an audience is written in an access token. */
export type AudienceClaim = 'aud' | 'client_id';

/** How a workload that acts for a user gets a token for the service it calls. */
export type TokenExchange = 'rfc8693' | 'on-behalf-of';

/** An OpenID Connect provider of people, as every enforcement point sees it. */
export interface Provider {
  readonly kind: 'oidc';
  /** The preset that wrote this provider. @default 'oidc' */
  readonly preset?: 'oidc' | 'cognito' | 'entra' | 'google';
  /** Exactly the `iss` of its tokens: an `https` URL without query or fragment. */
  readonly issuer: string;
  /** Where its keys are; `https`, and the points verify certificate and name. */
  readonly jwksUri: string;
  /** Where browsers sign in, for services with `login`. @default none: no browser can sign in with it */
  readonly endpoints?: ProviderEndpoints;
  /**
   * What a client gets: a signed JWT that every point can judge, or an opaque string that none can.
   * @default 'jwt'
   */
  readonly accessToken?: 'jwt' | 'opaque';
  /** @default ['RS256', 'ES256'] */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** The `typ` of its access tokens (`at+jwt` by RFC 9068). @default not looked at */
  readonly tokenType?: string;
  /** Claims an access token must have with that value, such as Cognito's `token_use`. @default none */
  readonly requiredClaims?: Readonly<Record<string, string>>;
  /**
   * Claims an access token must have, whatever they say: what an ID token for the same audience lacks, such as
   * Entra's `azp`. A text that is not empty, or a list with one. @default none
   */
  readonly presentClaims?: readonly string[];
  /**
   * The longest that its access tokens live, from `iat` to `exp`, from 300 (5 minutes) to 100,800 (28 hours). A token
   * that lives longer, does not say since when, or is from the future is a bad one at every point.
   * @default not looked at; the authorizer on AWS and decision services take 28 hours
   */
  readonly maxTokenLifetimeSeconds?: number;
  /** @default 'aud' */
  readonly audienceClaim?: AudienceClaim;
  /**
   * The top-level claim that names the client which a token was issued to; a client is revoked by it. Many providers of
   * OpenID Connect write `azp`, Entra's v1 tokens have `appid`, Okta's `cid`.
   * @default 'client_id' (RFC 9068 section 2.2)
   */
  readonly clientClaim?: string;
  /** The audience of a service at this provider. @default the service's own `audience` */
  readonly audiences?: Readonly<Record<string, string>>;
  /** Services that accept one another's tokens: each may replay what it receives to the others. @default none */
  readonly sharedAudience?: readonly string[];
  /** @default none: `onBehalfOf` then needs `sharedAudience` */
  readonly exchange?: TokenExchange;
  /** @default 'groups' */
  readonly groupsClaim?: ClaimPath;
  /** A string of scopes separated by spaces, or a list. @default 'scope' */
  readonly scopeClaim?: string;
  /** What shows more than one factor. @default { claim: 'amr', value: 'mfa' } (RFC 8176) */
  readonly mfa?: ClaimEvidence | 'none';
  /** Seconds since the epoch at which the person signed in. @default 'auth_time' */
  readonly authTimeClaim?: ClaimPath | 'none';
  /** What shows a compliant device. @default 'none' */
  readonly device?: ClaimEvidence | 'none';
}

/** A CI job with an identity of its own. */
export interface Pipeline {
  readonly kind: 'pipeline';
  readonly preset?: 'oidc' | 'github-actions';
  readonly issuer: string;
  readonly jwksUri: string;
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** Claims that tell this pipeline from every other of the issuer; `sub` or `repository_id` among them. */
  readonly claims: Readonly<Record<string, string>>;
  /**
   * The longest that tokens of its issuer live, from 300 to 100,800 seconds, as a provider's. Pipelines of one issuer agree
   * about it. @default not looked at; the authorizer on AWS and decision services take 28 hours
   */
  readonly maxTokenLifetimeSeconds?: number;
  /** The audience of a service for this pipeline. @default the service's own `audience` */
  readonly audiences?: Readonly<Record<string, string>>;
}

/** Audiences by service, and services that share theirs: the names are types, so that one with a typo does not compile. */
export interface NamesServices<Service extends string, Sharing extends string> {
  /** The audience of a service at this provider. @default the service's own `audience` */
  readonly audiences?: Readonly<Record<Service, string>>;
  /** Services that accept one another's tokens: each may replay what it receives to the others. @default none */
  readonly sharedAudience?: readonly Sharing[];
}

/** A provider that knows which services it names. */
export type NamedProvider<Service extends string, Sharing extends string> = Omit<
  Provider,
  'audiences' | 'sharedAudience'
> &
  NamesServices<Service, Sharing>;

/** A pipeline that knows which services it names. */
export type NamedPipeline<Service extends string> = Omit<Pipeline, 'audiences'> &
  Pick<NamesServices<Service, never>, 'audiences'>;

/** Any OpenID Connect provider. */
export function oidc<const Service extends string = never, const Sharing extends string = never>(
  provider: Omit<NamedProvider<Service, Sharing>, 'kind' | 'preset'>,
): NamedProvider<Service, Sharing> {
  return { kind: 'oidc', preset: 'oidc', ...provider };
}

export interface CognitoOptions<Service extends string = string, Sharing extends string = string> {
  readonly region: string;
  /** Such as `eu-west-1_AbCdEf123`. */
  readonly userPoolId: string;
  /**
   * The app clients whose tokens a service accepts, by service. A Cognito access token has no `aud`:
   * the client stands in for the audience.
   */
  readonly clientIds: Readonly<Record<Service, string>>;
  /** Services that accept one another's clients. @default none */
  readonly sharedAudience?: readonly Sharing[];
  /**
   * The host of the pool's sign-in pages, such as `shop.auth.eu-west-1.amazoncognito.com`. Its logout endpoint is
   * not OpenID Connect's, so a sign-out at a gateway leaves the pool's own session.
   *
   * @default none: no browser can sign in with it
   */
  readonly domain?: string;
  /**
   * What shows two factors in the access token: a claim that a pre-token-generation trigger adds, or
   * `{ claim: 'amr', value: 'mfa' }` where the pool writes `amr` there. @default 'none'
   */
  readonly mfa?: ClaimEvidence | 'none';
}

/**
 * Amazon Cognito user pools. Access tokens are RS256 JWTs with `token_use: access`, groups in
 * `cognito:groups`, scopes in `scope`, `auth_time`, and `client_id`; `aud` is there only if the
 * client asked for a resource (resource binding, Essentials or Plus). One client that calls several
 * services is therefore one audience for all of them: list them in `sharedAudience`, or write an
 * `oidc` provider with the resources as `audiences`. About MFA the documented access token says
 * nothing: `acr` and `amr` are documented for the ID token, and still being rolled out; a federated
 * user's second factor is the federated provider's, not the pool's.
 * Source: "Understanding the access token" and "Authentication levels with ACR and AMR claims",
 * Amazon Cognito Developer Guide.
 *
 * With `directory` in place of the pool's ids the engine makes the pool in the same deployment.
 */
export function cognito<const Service extends string = never, const Sharing extends string = never>(
  options: CognitoOptions<Service, Sharing> | DirectoryOptions<Service, Sharing>,
): NamedProvider<Service, Sharing> {
  if ('directory' in options) return { kind: 'oidc', preset: 'cognito', ...directoryProvider(options) };
  const issuer = `https://cognito-idp.${options.region}.amazonaws.com/${options.userPoolId}`;
  return {
    kind: 'oidc',
    preset: 'cognito',
    issuer,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    ...(options.domain !== undefined && {
      endpoints: {
        authorization: `https://${options.domain}/oauth2/authorize`,
        token: `https://${options.domain}/oauth2/token`,
      },
    }),
    algorithms: ['RS256'],
    requiredClaims: { token_use: 'access' },
    audienceClaim: 'client_id',
    audiences: options.clientIds,
    ...(options.sharedAudience && { sharedAudience: options.sharedAudience }),
    groupsClaim: 'cognito:groups',
    mfa: options.mfa ?? 'none',
  };
}

export interface EntraOptions<Service extends string = string, Sharing extends string = string> {
  readonly tenantId: string;
  /** The application (client) ID of each service's app registration: the `aud` of a v2 token. */
  readonly applicationIds: Readonly<Record<Service, string>>;
  readonly sharedAudience?: readonly Sharing[];
  /** The authentication context that a Conditional Access policy ties to MFA, such as `c1`. @default 'none' */
  readonly mfaAuthenticationContext?: string;
  /** `auth_time` if every app registration adds that optional claim to access tokens. @default 'none' */
  readonly authTimeClaim?: 'auth_time' | 'none';
}

/**
 * Microsoft Entra ID, v2.0 access tokens of one tenant (each app registration sets
 * `requestedAccessTokenVersion: 2`): RS256; `aud` is the API's client ID, `azp` the caller's, which an ID token for the
 * same application does not have; groups as object IDs in
 * `groups`, if the registration asks for them, and left out above 200 groups, which then satisfies
 * no rule (prefer app roles, in `roles`); scopes in `scp`, separated by spaces; the authentication
 * contexts in the list `acrs`; no `auth_time` but as an optional claim.
 * Source: "Access token claims reference" and "Optional claims reference", Microsoft identity platform.
 */
export function entra<const Service extends string = never, const Sharing extends string = never>(
  options: EntraOptions<Service, Sharing>,
): NamedProvider<Service, Sharing> {
  const base = `https://login.microsoftonline.com/${options.tenantId}`;
  const context = options.mfaAuthenticationContext;
  return {
    kind: 'oidc',
    preset: 'entra',
    issuer: `${base}/v2.0`,
    jwksUri: `${base}/discovery/v2.0/keys`,
    endpoints: {
      authorization: `${base}/oauth2/v2.0/authorize`,
      token: `${base}/oauth2/v2.0/token`,
      endSession: `${base}/oauth2/v2.0/logout`,
    },
    algorithms: ['RS256'],
    requiredClaims: { ver: '2.0', tid: options.tenantId },
    presentClaims: ['azp'],
    clientClaim: 'azp',
    audiences: options.applicationIds,
    ...(options.sharedAudience && { sharedAudience: options.sharedAudience }),
    exchange: 'on-behalf-of',
    scopeClaim: 'scp',
    mfa: context ? { claim: 'acrs', value: context } : 'none',
    authTimeClaim: options.authTimeClaim ?? 'none',
  };
}

/**
 * Google's own accounts. Only the ID token is a JWT, and it is for the client that asked for it; the
 * access token is opaque, so no point can judge it and no rule can be satisfied: put a broker such
 * as Cognito before it.
 * Source: "OpenID Connect" and "Using OAuth 2.0 to Access Google APIs", Google Identity.
 */
export function google(): Provider {
  return {
    kind: 'oidc',
    preset: 'google',
    issuer: 'https://accounts.google.com',
    jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
    accessToken: 'opaque',
    algorithms: ['RS256'],
    mfa: 'none',
    authTimeClaim: 'none',
  };
}

export interface GithubActionsOptions<Service extends string = string> {
  /** `owner/name`. */
  readonly repository: string;
  /** The number of the owner (`gh api repos/OWNER/NAME --jq .owner.id`), if its subjects are immutable. */
  readonly ownerId?: string;
  /** The number of the repository (`gh api repos/OWNER/NAME --jq .id`); names can come to belong to others. */
  readonly repositoryId?: string;
  /** Such as `refs/heads/main`. */
  readonly ref?: string;
  /** The deployment environment, whose protection rules then count. */
  readonly environment?: string;
  /** The longest that a job's token lives, in seconds; pipelines of one issuer agree about it. @default not looked at */
  readonly maxTokenLifetimeSeconds?: number;
  /** The audience of a service for this pipeline. @default the service's own `audience` */
  readonly audiences?: Readonly<Record<Service, string>>;
}

/** The `iss` of GitHub Actions at github.com; an enterprise with data residency or a server has its own. */
export const GITHUB_ACTIONS_ISSUER = 'https://token.actions.githubusercontent.com';

/**
 * A GitHub Actions job of one repository on one ref or in one environment (exactly one of them).
 *
 * `sub` is `repo:<owner>/<name>:ref:<ref>`, or `…:environment:<name>` for a job that names an
 * environment, each `:` in a name written `%3A`. Repositories made, renamed or moved after 15 July
 * 2026, and those that opted in, have immutable subjects: `repo:<owner>@<id>/<name>@<id>:…`; give
 * both ids for those. `aud` is whatever the job asks for. A customised `sub` needs a pipeline
 * written out.
 * Source: "OpenID Connect reference", GitHub Docs.
 */
export function githubActions<const Service extends string = never>(
  options: GithubActionsOptions<Service>,
): NamedPipeline<Service> {
  const { repository, ownerId, repositoryId, ref, environment, maxTokenLifetimeSeconds, audiences } = options;
  const [owner = '', name = ''] = repository.split('/');
  const isImmutable = ownerId !== undefined && repositoryId !== undefined;
  const subject = isImmutable ? `${owner}@${ownerId}/${name}@${repositoryId}` : repository;
  const context =
    environment === undefined ? `ref:${ref ?? ''}` : `environment:${environment.replaceAll(':', '%3A')}`;
  return {
    kind: 'pipeline',
    preset: 'github-actions',
    issuer: GITHUB_ACTIONS_ISSUER,
    jwksUri: `${GITHUB_ACTIONS_ISSUER}/.well-known/jwks`,
    algorithms: ['RS256'],
    claims: {
      repository,
      sub: `repo:${subject}:${context}`,
      ...(ownerId !== undefined && { repository_owner_id: ownerId }),
      ...(repositoryId !== undefined && { repository_id: repositoryId }),
      ...(ref !== undefined && { ref }),
      ...(environment !== undefined && { environment }),
    },
    ...(maxTokenLifetimeSeconds !== undefined && { maxTokenLifetimeSeconds }),
    ...(audiences && { audiences }),
  };
}
