import { CLOCK_SKEW_SECONDS } from '../../lib/plan/issuers.js';
import type { Json, JsonObject } from '../../lib/policy/request.js';
import { exchangedClaims } from './claims.js';
import {
  allowedScopes,
  GrantError,
  type GrantRequest,
  type GrantType,
  lifetimeOf,
  TARGET,
  target,
} from './grants.js';
import type { AcceptingService, IssuerProfile } from './issuer.js';
import type { SigningKeys } from './keys.js';

export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ON_BEHALF_OF_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const TOKEN_TYPES: readonly (string | undefined)[] = [ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt'];

/** Microsoft's way to ask for a service: `<application>/.default`, or its scopes. */
const DEFAULT_SCOPE = '/.default';

/** How a workload that acts for a user gets a token for the service that it calls, if the provider has a way. */
export function exchangeGrant(issuer: IssuerProfile, keys: SigningKeys): GrantType | undefined {
  switch (issuer.node.exchange) {
    case 'rfc8693':
      return tokenExchange(issuer, keys);
    case 'on-behalf-of':
      return onBehalfOf(issuer, keys);
    case undefined:
      return undefined;
  }
}

/** RFC 8693: `subject_token`, its type, and the service; the client is the actor. */
function tokenExchange(issuer: IssuerProfile, keys: SigningKeys): GrantType {
  return {
    name: EXCHANGE_GRANT,
    parameters: [
      'subject_token',
      'subject_token_type',
      'requested_token_type',
      'actor_token',
      'actor_token_type',
      'scope',
      'lifetime',
      ...TARGET,
    ],
    grant: async (request) => {
      const { params } = request;
      if (!TOKEN_TYPES.includes(params['subject_token_type'])) {
        throw new GrantError('invalid_request', `subject_token_type is ${ACCESS_TOKEN}`);
      }
      if (!TOKEN_TYPES.includes(params['requested_token_type'] ?? ACCESS_TOKEN)) {
        throw new GrantError('invalid_request', `requested_token_type is ${ACCESS_TOKEN}`);
      }
      if (params['actor_token'] !== undefined) {
        throw new GrantError('invalid_request', 'the actor is the client; there is no actor_token');
      }
      const claims = await exchanged(issuer, keys, request, params['subject_token']);
      return { claims, answer: { issued_token_type: ACCESS_TOKEN } };
    },
  };
}

/**
 * Microsoft's on-behalf-of flow: `assertion`, `requested_token_use=on_behalf_of`, and in `scope`
 * `<application ID>/.default`. Source: "On-Behalf-Of flow", Microsoft identity platform.
 */
function onBehalfOf(issuer: IssuerProfile, keys: SigningKeys): GrantType {
  return {
    name: ON_BEHALF_OF_GRANT,
    parameters: ['assertion', 'requested_token_use', 'scope', 'lifetime'],
    grant: async (request) => {
      const { params } = request;
      if (params['requested_token_use'] !== 'on_behalf_of') {
        throw new GrantError('invalid_request', 'requested_token_use is on_behalf_of');
      }
      const { scope = '', ...rest } = params;
      if (!scope.endsWith(DEFAULT_SCOPE))
        throw new GrantError('invalid_scope', `scope is <application>${DEFAULT_SCOPE}`);
      const audience = scope.slice(0, -DEFAULT_SCOPE.length);
      return {
        claims: await exchanged(
          issuer,
          keys,
          { ...request, params: { ...rest, audience } },
          params['assertion'],
        ),
      };
    },
  };
}

async function exchanged(
  issuer: IssuerProfile,
  keys: SigningKeys,
  request: GrantRequest,
  subjectToken: string | undefined,
): Promise<JsonObject> {
  const actor = actorOf(issuer, request.client);
  const subject = await verified(issuer, keys, subjectToken);
  // Only a token that was meant for the actor: another one was taken from somewhere.
  const audiences = listOf(subject[issuer.token.profile.audienceClaim]);
  if (!audiences.some((audience) => actor.accepted.includes(audience))) {
    throw new GrantError('invalid_grant', `the token is not for ${actor.name}`);
  }
  const callee = target(issuer, request.params);
  if (!actor.delegations.includes(callee.name)) {
    throw new GrantError('invalid_target', `no rule lets ${actor.name} act for a user at ${callee.name}`);
  }
  const asked = request.params['scope'];
  const scopes =
    asked === undefined ? undefined : allowedScopes(asked, listOf(subject[issuer.token.scopeClaim]));
  return exchangedClaims(issuer, subject, {
    audience: callee.audience,
    actor: actor.spiffeId,
    client: request.client,
    now: request.now,
    lifetime: lifetimeOf(request.params),
    ...(scopes && { scopes }),
  });
}

/** A workload is a client by its service's name or, as at the real provider, by its application's ID. */
function actorOf(issuer: IssuerProfile, client: string): AcceptingService {
  const services = [...issuer.services.values()];
  const actor = issuer.services.get(client) ?? services.find(({ audience }) => audience === client);
  if (!actor)
    throw new GrantError('invalid_grant', `the client ${client} is no service that gets users' tokens`);
  return actor;
}

async function verified(
  issuer: IssuerProfile,
  keys: SigningKeys,
  token: string | undefined,
): Promise<JsonObject> {
  try {
    return (await keys.verify(token ?? '', issuer.node.issuer, CLOCK_SKEW_SECONDS)) as JsonObject;
  } catch (error) {
    throw new GrantError('invalid_grant', `the user's token is not valid: ${(error as Error).message}`);
  }
}

/** A claim that is a string of words or a list. */
function listOf(value: Json | undefined): string[] {
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
