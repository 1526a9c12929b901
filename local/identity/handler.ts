import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { IssuerProfile } from './issuer.js';
import { createProvider, mountPath, type ProviderParts } from './provider.js';
import type { Handler } from './server.js';
import { INTERACTION, signIn } from './sign-in.js';

/**
 * What one issuer answers: its keys at the path of the plan's `jwksUri`, and the library's endpoints
 * below the issuer's own path. Whatever name a client came by (the issuer's own, or an address and
 * port of this machine) is the one that answers send it to.
 */
export async function issuerHandler(parts: ProviderParts, listening: readonly string[]): Promise<Handler> {
  const { issuer, keys } = parts;
  const origin = new URL(issuer.node.issuer).origin;
  const jwks = new URL(issuer.node.jwksUri);
  const mount = mountPath(issuer);
  const endpoints = endpointsOf(issuer);
  const hosts = new Set([
    new URL(origin).hostname,
    jwks.hostname,
    ...[...endpoints.keys()].map((url) => new URL(url).hostname),
    'localhost',
    ...listening,
  ]);
  const provider = await createProvider(parts);
  provider.use(toThisMachine(origin, jwks.pathname));
  const protocol = provider.callback();
  return async (request, response) => {
    // Another name leads here only by a trick on a browser (DNS rebinding).
    if (!hosts.has(hostOf(request))) return empty(response, 421);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === jwks.pathname) return sendKeys(request, response, keys.published);
    const own = endpoints.get(`https://${hostOf(request)}${path}`);
    if (own === undefined && !path.startsWith(`${mount}/`)) return empty(response, 404);
    const inner = (request.url ?? '').slice(own === undefined ? mount.length : path.length);
    request.url = `${own ?? ''}${inner}`;
    // The library is told its own path as a framework would tell it, so that its links keep it.
    Object.assign(request, { originalUrl: `${mount}${request.url}` });
    if (INTERACTION.test(path.slice(mount.length)))
      return sendSignIn(provider, parts, origin, request, response);
    await protocol(request, response);
  };
}

/** Where the model says that the issuer's endpoints are, each with the library's own path. */
function endpointsOf({ logins }: IssuerProfile): ReadonlyMap<string, string> {
  return new Map(
    logins.flatMap(({ node }) => {
      const { authorizationEndpoint, tokenEndpoint, endSessionEndpoint } = node;
      const all: [string | undefined, string][] = [
        [authorizationEndpoint, '/auth'],
        [tokenEndpoint, '/token'],
        [endSessionEndpoint, '/session/end'],
      ];
      return all.flatMap(([url, own]) => (url === undefined ? [] : [[withoutPort(url), own] as const]));
    }),
  );
}

/** A local listener has a port of its own. */
function withoutPort(url: string): string {
  const { hostname, pathname } = new URL(url);
  return `https://${hostname}${pathname}`;
}

async function sendSignIn(
  provider: Provider,
  { issuer, users, codes }: ProviderParts,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const next = await signIn({ provider, issuer, users, codes }, request, response);
    if (next === undefined) return;
    response.writeHead(303, { location: localUrl(next, origin, request), 'cache-control': 'no-store' }).end();
  } catch (error) {
    // The library's own: the sign-in page of another browser, or of another time.
    if ((error as Error).name !== 'SessionNotFound') throw error;
    empty(response, 400);
  }
}

/** Rewrites what the library says about itself, which knows only the issuer's real name. */
function toThisMachine(origin: string, jwksPath: string) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const location = ctx.res.getHeader('location');
    if (typeof location === 'string') ctx.set('location', localUrl(location, origin, ctx.req));
    if (ctx.oidc?.route !== 'discovery') return;
    const found = Object.entries(ctx.body as Record<string, unknown>).map(([name, value]) => [
      name,
      name !== 'issuer' && typeof value === 'string' ? localUrl(value, origin, ctx.req) : value,
    ]);
    ctx.body = { ...Object.fromEntries(found), jwks_uri: localUrl(`${origin}${jwksPath}`, origin, ctx.req) };
  };
}

function localUrl(url: string, origin: string, request: IncomingMessage): string {
  const isOwn = url === origin || url.startsWith(`${origin}/`);
  return isOwn ? `https://${request.headers.host}${url.slice(origin.length)}` : url;
}

function sendKeys(request: IncomingMessage, response: ServerResponse, keys: object): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') return empty(response, 405);
  response.writeHead(200, { 'content-type': 'application/jwk-set+json', 'cache-control': 'no-cache' });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(keys));
}

function empty(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0 }).end();
}

function hostOf(request: IncomingMessage): string {
  return (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
}
