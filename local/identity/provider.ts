import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type Provider from 'oidc-provider';
import type { Configuration, KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import type { JsonObject } from '../../lib/policy/request.js';
import { failure } from '../control.js';
import type { Emit } from '../part.js';
import { userClaims } from './claims.js';
import { clients, DEVELOPMENT_CLIENT } from './clients.js';
import type { LoginConfig } from './config.js';
import { exchangeGrant } from './exchange.js';
import { DEFAULT_LIFETIME, developmentGrant, GrantError, type GrantType, pipelineGrant } from './grants.js';
import { escape, page, PAGE_HEADERS } from './html.js';
import type { AcceptingService, IssuerProfile } from './issuer.js';
import type { SigningKeys } from './keys.js';
import type { OneTimeCodes } from './one-time-codes.js';
import { signOutPage } from './sign-out.js';
import type { SessionStore } from './store.js';
import type { Users } from './users.js';

/** A service as a resource indicator (RFC 8707), for issuers whose audiences are no URIs. */
const SERVICE_URN = 'urn:zero-trust-platform:service:';

/** Seconds that a browser stays signed in, and that a code or a sign-in page waits. */
const SESSION = 8 * 3600;
const CODE = 60;
const INTERACTION = 600;

export interface ProviderParts {
  readonly issuer: IssuerProfile;
  readonly users: Users;
  readonly keys: SigningKeys;
  readonly store: SessionStore;
  readonly redirectUris: readonly string[];
  /** By service. */
  readonly logins: Readonly<Record<string, LoginConfig>>;
  readonly codes: OneTimeCodes;
  readonly emit: Emit;
}

/** The ways to get a token of an issuer. */
export function grantTypes({ issuer, users, keys }: ProviderParts): GrantType[] {
  if (issuer.node.kind === 'pipeline') return [pipelineGrant(issuer)];
  const exchange = exchangeGrant(issuer, keys);
  return [developmentGrant(issuer, users), ...(exchange ? [exchange] : [])];
}

/**
 * One issuer as oidc-provider serves it: the protocol is the library's, the claims of access tokens
 * are ours, so that they are where the real issuer writes them.
 */
export async function createProvider(parts: ProviderParts): Promise<Provider> {
  const oidc = await import('oidc-provider');
  const { issuer, keys } = parts;
  const grants = grantTypes(parts);
  const refuse = (error: GrantError) => new oidc.errors.CustomOIDCProviderError(error.error, error.message);
  const provider = new oidc.Provider(issuer.node.issuer, configuration(parts, grants, refuse));
  for (const type of grants) {
    provider.registerGrantType(type.name, (ctx) => answer(ctx, type, keys, issuer, refuse), [
      ...type.parameters,
    ]);
  }
  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<void>) => {
    await next();
    if (ctx.status === 200 && ctx.oidc?.route === 'token') await replaceAccessToken(ctx, parts);
  });
  const fail = (error: unknown) => parts.emit('request-failed', { issuer: issuer.name, ...failure(error) });
  (provider as NodeJS.EventEmitter).on('error', fail);
  provider.on('server_error', (_ctx, error) => fail(error));
  return provider;
}

function configuration(
  { issuer, keys, store, users, redirectUris, logins }: ProviderParts,
  grants: readonly GrantType[],
  refuse: (error: GrantError) => Error,
): Configuration {
  const { algorithm } = issuer;
  return {
    adapter: store.adapter,
    clients: clients(issuer, grants, redirectUris, logins),
    clientDefaults: { id_token_signed_response_alg: algorithm },
    clientAuthMethods: ['none', 'client_secret_post'],
    pkce: { required: () => true },
    responseTypes: ['code'],
    enabledJWA: { idTokenSigningAlgValues: [algorithm], userinfoSigningAlgValues: [algorithm] },
    jwks: { keys: keys.all } as Configuration['jwks'],
    cookies: { keys: [store.cookieKey] },
    clientBasedCORS: (_ctx, origin) => isLoopback(origin),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: {
        enabled: issuer.logins.length > 0,
        logoutSource: (ctx, form) => {
          ctx.set({ ...PAGE_HEADERS });
          ctx.body = signOutPage(issuer, form);
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.set({ ...PAGE_HEADERS });
          ctx.body = page('Signed out', '<p>You are signed out. This page can be closed.</p>');
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => ownResource(issuer, client.clientId),
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, indicator) => resourceServer(issuer, indicator, refuse),
      },
    },
    findAccount: (_ctx, name) => {
      const user = users.find(issuer.name, name);
      return user && { accountId: name, claims: () => ({ sub: user.sub ?? name }) };
    },
    interactions: { url: (_ctx, { uid }) => `${mountPath(issuer)}/interaction/${uid}` },
    loadExistingGrant: (ctx) => grantEverything(ctx),
    renderError: (ctx, { error, error_description: description = '' }) => {
      ctx.set({ ...PAGE_HEADERS });
      ctx.body = page(error, `<p>${escape(description)}</p>`);
    },
    ttl: {
      AccessToken: DEFAULT_LIFETIME,
      AuthorizationCode: CODE,
      Grant: SESSION,
      IdToken: DEFAULT_LIFETIME,
      Interaction: INTERACTION,
      Session: SESSION,
    },
  };
}

/** A gateway's client that names no resource asks for the one service that it is for. */
function ownResource({ logins }: IssuerProfile, client: string): string | string[] {
  const login = logins.find(({ node }) => node.clientId === client);
  return login ? `${SERVICE_URN}${login.service}` : [];
}

/** The path below which an issuer is served. */
export function mountPath({ node }: IssuerProfile): string {
  return new URL(node.issuer).pathname.replace(/\/$/, '');
}

async function answer(
  ctx: KoaContextWithOIDC,
  type: GrantType,
  keys: SigningKeys,
  issuer: IssuerProfile,
  refuse: (error: GrantError) => Error,
): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const presented = thumbprintOf(ctx);
  try {
    const { claims, answer: more } = await type.grant({
      params: (ctx.oidc.params ?? {}) as Record<string, string | undefined>,
      client: ctx.oidc.client?.clientId ?? '',
      ...(presented !== undefined && { presented }),
      now,
    });
    ctx.body = {
      access_token: await keys.sign({ ...claims }, typeOf(issuer)),
      token_type: 'Bearer',
      expires_in: Number(claims['exp']) - now,
      ...scopeOf(claims, issuer),
      ...more,
    };
  } catch (error) {
    throw error instanceof GrantError ? refuse(error) : error;
  }
}

/** The library made an opaque access token for a service; the client gets ours in its place. */
async function replaceAccessToken(
  ctx: KoaContextWithOIDC,
  { issuer, users, keys }: ProviderParts,
): Promise<void> {
  const { AccessToken: token, AuthorizationCode: code } = ctx.oidc.entities;
  const user = code?.accountId === undefined ? undefined : users.find(issuer.name, code.accountId);
  if (!token || !code?.accountId || !user || typeof token.aud !== 'string') return;
  const now = Math.floor(Date.now() / 1000);
  const claims = userClaims(issuer, code.accountId, user, {
    audience: token.aud,
    client: token.clientId ?? DEVELOPMENT_CLIENT,
    scopes: (token.scope ?? '')
      .split(' ')
      .filter((scope) => scope !== '' && (user.scopes?.includes(scope) ?? true)),
    multiFactor: code.amr?.includes('mfa') ?? false,
    compliantDevice: user.device === 'compliant',
    authTime: code.authTime ?? now,
    now,
    lifetime: DEFAULT_LIFETIME,
  });
  const body = ctx.body as Record<string, unknown>;
  ctx.body = { ...body, access_token: await keys.sign({ ...claims }, typeOf(issuer)) };
}

function typeOf({ token }: IssuerProfile): string {
  return token.profile.tokenType ?? 'JWT';
}

function scopeOf(claims: JsonObject, { token }: IssuerProfile): { scope?: string } {
  const scope = claims[token.scopeClaim];
  if (typeof scope === 'string') return { scope };
  return Array.isArray(scope) ? { scope: scope.join(' ') } : {};
}

function thumbprintOf(ctx: KoaContextWithOIDC): string | undefined {
  const raw = (ctx.req.socket as TLSSocket).getPeerX509Certificate?.()?.raw;
  return raw && createHash('sha256').update(raw).digest('base64url');
}

function resourceServer(
  issuer: IssuerProfile,
  indicator: string,
  refuse: (error: GrantError) => Error,
): ResourceServer {
  const services: AcceptingService[] = [...issuer.services.values()];
  const service = services.find(({ name, audience }) => [audience, SERVICE_URN + name].includes(indicator));
  if (!service) throw refuse(new GrantError('invalid_target', 'no service accepts tokens for this resource'));
  return { audience: service.audience, scope: issuer.scopes.join(' '), accessTokenFormat: 'opaque' };
}

/** Nobody is asked whether an application may do what it asks for. */
async function grantEverything(ctx: KoaContextWithOIDC) {
  const { client, session, provider, params, resourceServers = {} } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
  const scope = typeof params?.['scope'] === 'string' ? params['scope'] : '';
  grant.addOIDCScope(scope);
  for (const indicator of Object.keys(resourceServers)) grant.addResourceScope(indicator, scope);
  await grant.save();
  return grant;
}

function isLoopback(origin: string): boolean {
  const host = URL.canParse(origin) ? new URL(origin).hostname : '';
  return host === 'localhost' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
