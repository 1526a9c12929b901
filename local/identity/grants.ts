import type { JsonObject } from '../../lib/policy/request.js';
import { pipelineClaims, userClaims } from './claims.js';
import type { AcceptingService, IssuerProfile } from './issuer.js';
import type { Users } from './users.js';

/** What a request to the token endpoint holds, once its form is read. */
export interface GrantRequest {
  readonly params: Readonly<Record<string, string | undefined>>;
  /** The OAuth client that asks. */
  readonly client: string;
  /** base64url SHA-256 of the certificate on this connection, if one was shown. */
  readonly presented?: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** The claims of the token to sign, and what else the answer says. */
export interface Grant {
  readonly claims: JsonObject;
  readonly answer?: Readonly<Record<string, string>>;
}

/** One way to get a token: the parameters it reads, and what it makes of them. */
export interface GrantType {
  readonly name: string;
  readonly parameters: readonly string[];
  grant(request: GrantRequest): Grant | Promise<Grant>;
}

/** An OAuth error (RFC 6749 section 5.2, RFC 8707 section 2). */
export class GrantError extends Error {
  constructor(
    readonly error: 'invalid_request' | 'invalid_grant' | 'invalid_scope' | 'invalid_target',
    description: string,
  ) {
    super(description);
  }
}

export const DEVELOPMENT_GRANT = 'urn:zero-trust-platform:development';
export const PIPELINE_GRANT = 'urn:zero-trust-platform:pipeline';

/** Seconds that a token lives, if not asked otherwise, and at most. */
export const DEFAULT_LIFETIME = 300;
const MAX_LIFETIME = 86_400;

/** Names the service that the token is for, in one of three ways. */
export const TARGET = ['service', 'audience', 'resource'] as const;

/**
 * A token of any user without a password.
 *
 * `username`; one of `service` (its name), `audience`, `resource`; and optionally `scope`, `mfa`
 * (`true`/`false`; by default what the user has), `auth_age` (seconds since the sign-in, 0), `device`
 * (`compliant`/`unknown`), `lifetime` (seconds, 300), `age` (seconds since the token was issued, 0: an
 * older one than `lifetime` has expired), and a certificate to bind the token to: that of
 * this connection (`certificate_bound=true`) or the one with a `certificate_thumbprint`.
 */
export function developmentGrant(issuer: IssuerProfile, users: Users): GrantType {
  const { token } = issuer;
  return {
    name: DEVELOPMENT_GRANT,
    parameters: [
      'username',
      'scope',
      'mfa',
      'auth_age',
      'device',
      'lifetime',
      'age',
      'certificate_bound',
      'certificate_thumbprint',
      ...TARGET,
    ],
    grant: (request) => {
      const { params } = request;
      const now = request.now - (whole(params, 'age', 0, MAX_LIFETIME) ?? 0);
      const name = params['username'] ?? '';
      const user = users.find(issuer.name, name);
      if (!user)
        throw new GrantError('invalid_grant', `${issuer.name} knows no user ${JSON.stringify(name)}`);
      const mfa = choice(params, 'mfa', ['true', 'false'], token.multiFactor);
      if (mfa === 'true' && !user.mfa) throw new GrantError('invalid_grant', `${name} has no second factor`);
      const device = choice(params, 'device', ['compliant', 'unknown'], token.device) ?? user.device;
      if (params['auth_age'] !== undefined && !token.authTime) {
        throw new GrantError('invalid_request', 'tokens of this issuer do not say when a person signed in');
      }
      const thumbprint = boundTo(request);
      const claims = userClaims(issuer, name, user, {
        audience: target(issuer, params).audience,
        client: request.client,
        scopes: allowedScopes(params['scope'], user.scopes),
        multiFactor: mfa === undefined ? user.mfa : mfa === 'true',
        compliantDevice: device === 'compliant',
        authTime: now - (whole(params, 'auth_age', 0, Number.MAX_SAFE_INTEGER) ?? 0),
        now,
        lifetime: lifetimeOf(params),
        ...(thumbprint !== undefined && { thumbprint }),
      });
      return { claims };
    },
  };
}

/** A token of a declared pipeline: `pipeline` (its name), the service as above, `lifetime`. */
export function pipelineGrant(issuer: IssuerProfile): GrantType {
  const known = issuer.node.pipelines ?? {};
  return {
    name: PIPELINE_GRANT,
    parameters: ['pipeline', ...TARGET, 'lifetime'],
    grant: ({ params, now }) => {
      const name = params['pipeline'] ?? '';
      if (!Object.hasOwn(known, name)) {
        throw new GrantError(
          'invalid_grant',
          `one of the pipelines ${Object.keys(known).join(', ')} is expected`,
        );
      }
      const { audience } = target(issuer, params);
      return { claims: pipelineClaims(issuer, name, { audience, now, lifetime: lifetimeOf(params) }) };
    },
  };
}

/** The service that the parameters name, as it accepts this issuer's tokens. */
export function target(
  issuer: IssuerProfile,
  params: GrantRequest['params'],
): Pick<AcceptingService, 'name' | 'audience'> {
  const given = TARGET.filter((name) => params[name] !== undefined);
  const [by] = given;
  if (by === undefined || given.length > 1) {
    throw new GrantError('invalid_request', `exactly one of ${TARGET.join(', ')} is expected`);
  }
  const value = params[by] ?? '';
  const services = [...issuer.services.values()];
  const byName = issuer.services.get(value);
  if (by === 'service' && byName) return byName;
  if (by !== 'service') {
    const found =
      services.find(({ audience }) => audience === value) ??
      services.find(({ accepted }) => accepted.includes(value));
    if (found) return { name: found.name, audience: value };
  }
  const known = services.map(({ name, audience }) => (by === 'service' ? name : audience));
  throw new GrantError(
    'invalid_target',
    `the ${by} is none that accepts this issuer's tokens: ${known.join(', ')}`,
  );
}

/** The scopes that are asked for, or all that the person may have; each must be one of those. */
export function allowedScopes(
  asked: string | undefined,
  allowed: readonly string[] | undefined,
): readonly string[] {
  const scopes = asked?.split(' ').filter((scope) => scope !== '') ?? allowed ?? [];
  const refused = scopes.find((scope) => allowed && !allowed.includes(scope));
  if (refused !== undefined) throw new GrantError('invalid_scope', `the scope ${refused} is not allowed`);
  return [...new Set(scopes)];
}

export function lifetimeOf(params: GrantRequest['params']): number {
  return whole(params, 'lifetime', 1, MAX_LIFETIME) ?? DEFAULT_LIFETIME;
}

function boundTo({ params, presented }: GrantRequest): string | undefined {
  const named = params['certificate_thumbprint'];
  const bound = choice(params, 'certificate_bound', ['true', 'false'], true) === 'true';
  if (named !== undefined && bound) throw new GrantError('invalid_request', 'one certificate, not two');
  if (named !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(named)) {
    throw new GrantError('invalid_request', 'certificate_thumbprint is not a SHA-256 in base64url');
  }
  if (!bound) return named;
  if (presented === undefined) throw new GrantError('invalid_request', 'no certificate on this connection');
  return presented;
}

/** One of a few words; refused where the issuer's tokens could not show it. */
function choice<Word extends string>(
  params: GrantRequest['params'],
  name: string,
  words: readonly Word[],
  shown: unknown,
): Word | undefined {
  const value = params[name];
  if (value === undefined) return undefined;
  const word = words.find((item) => item === value);
  if (word === undefined) throw new GrantError('invalid_request', `${name} is ${words.join(' or ')}`);
  if (!shown) throw new GrantError('invalid_request', `tokens of this issuer cannot show ${name}`);
  return word;
}

function whole(
  params: GrantRequest['params'],
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = params[name];
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new GrantError('invalid_request', `${name} is a whole number of seconds from ${least} to ${most}`);
}
