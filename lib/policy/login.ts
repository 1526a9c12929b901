import { pathOf } from './canonical.js';
import type { PolicyIndex } from './index-rules.js';
import type { ServicePolicy } from './policy.js';
import { type Credential, type HeaderLine, headerValue, type Request } from './request.js';

/**
 * Browser login at a gateway, as far as it decides: which requests the login answers by itself, which of a
 * browser with a session are refused because another site sent them, and which are led to the sign-in.
 * `docs/policy.md` section 21.
 */

/** What is below it belongs to the gateway, at a service with login. */
export const LOGIN_PREFIX = '.ztp';

export const LOGIN_PATHS = {
  /** And what is below it: the sign-in begins here, and ends at the rest of the path. */
  signIn: `/${LOGIN_PREFIX}/sign-in`,
  /** Where the provider sends the browser back. */
  callback: `/${LOGIN_PREFIX}/callback`,
  signOut: `/${LOGIN_PREFIX}/sign-out`,
} as const;

/** With what the names of all cookies of a session begin. A browser keeps such a one for the very host alone, over TLS. */
export const SESSION_COOKIE = '__Host-ztp-';

/** Methods by which nothing is changed (RFC 9110 section 9.2.1), so that other sites may link to them. */
export const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Where a page comes from whose request changes something or signs out, as the browser says it (Fetch Metadata). */
export const SAME_ORIGIN = 'same-origin';

/** The service, where browsers may sign in to it here. */
export function loginOf(
  index: PolicyIndex,
  service: string | undefined,
  { point }: Request,
): ServicePolicy | undefined {
  if (service === undefined || point.kind !== 'gateway') return undefined;
  const policy = index.policy.services[service]!;
  return policy.login === true ? policy : undefined;
}

/** A session counts only without any other credential: no two readers can take different tokens. */
export function credentialOf({ credential, session }: Request, hasLogin: boolean): Credential {
  return hasLogin && credential.kind === 'none' && session ? session : credential;
}

/** What the login says of a request before its token is looked at, if it says anything. */
export function loginSays(
  request: Request,
  authority: string,
): 'login' | 'crossSite' | 'loginPath' | undefined {
  const { method, headers } = request;
  const path = pathOf(request.path);
  if (isWithin(path, `/${LOGIN_PREFIX}`)) return answersItself(path, request) ? 'login' : 'loginPath';
  const isRisky = !SAFE_METHODS.includes(method) && usesSession(headers);
  return isRisky && !isOfSameOrigin(headers, authority) ? 'crossSite' : undefined;
}

function answersItself(path: string, { method, headers }: Request): boolean {
  if (headerValue(headers, 'authorization') !== undefined) return false;
  if (path === LOGIN_PATHS.signOut) {
    const isOwn = says(headers, 'sec-fetch-site', SAME_ORIGIN) || says(headers, 'sec-fetch-site', 'none');
    return (method === 'GET' || method === 'POST') && isOwn;
  }
  return (
    (path === LOGIN_PATHS.callback || isWithin(path, LOGIN_PATHS.signIn)) && isNavigation(method, headers)
  );
}

/**
 * Somebody's browser opens a page, by what it says itself: by Fetch Metadata, or where there is none by what it
 * accepts.
 */
export function isNavigation(method: string, headers: readonly HeaderLine[]): boolean {
  if (method !== 'GET') return false;
  if (headerValue(headers, 'sec-fetch-mode') !== undefined) {
    return says(headers, 'sec-fetch-mode', 'navigate') && says(headers, 'sec-fetch-dest', 'document');
  }
  return headerValue(headers, 'accept')?.includes('text/html') === true;
}

/** The request comes by a session, if it is good: there is a cookie of one, and no other credential. */
export function usesSession(headers: readonly HeaderLine[]): boolean {
  const cookie = headerValue(headers, 'cookie') ?? '';
  return cookie.includes(SESSION_COOKIE) && headerValue(headers, 'authorization') === undefined;
}

/** A page of this very origin sent it. Who says nothing of where it comes from is a stranger. */
function isOfSameOrigin(headers: readonly HeaderLine[], authority: string): boolean {
  const origin = headerValue(headers, 'origin');
  if (!says(headers, 'sec-fetch-site', SAME_ORIGIN)) return false;
  return origin === undefined || ownOrigin(authority).test(origin);
}

/**
 * Whether a line of Fetch Metadata says exactly that. Browsers send one of each and let no page set it; whoever
 * sends two is none, and has no session of somebody else.
 */
function says(headers: readonly HeaderLine[], name: string, value: string): boolean {
  return headers.some(([known, line]) => known === name && line === value);
}

/** Of any port: which one clients use, a gateway does not know; `sec-fetch-site` tells ports apart. */
function ownOrigin(authority: string): RegExp {
  return new RegExp(`^${ownOriginPattern(authority)}$`);
}

export function ownOriginPattern(authority: string): string {
  return `https://${authority.replaceAll('.', '\\.')}(?::[0-9]{1,5})?`;
}

function isWithin(path: string, head: string): boolean {
  return path === head || path.startsWith(`${head}/`);
}
