import type { LoginNode } from '../../plan/plan.js';
import { ref, type Template } from '../../plan/refs.js';
import { LOGIN_PATHS, LOGIN_PREFIX, SESSION_COOKIE } from '../../policy/login.js';
import { FILTERS } from '../filter-order.js';
import { extension, seconds } from '../types.js';

/** Seconds for the provider to exchange a code. */
const EXCHANGE_TIMEOUT = 5;
/** Seconds for a person to sign in at the provider. */
const SIGN_IN = 600;
/** Seconds of a session whose provider does not say how long its token lives; the token's own end counts as ever. */
const SESSION = 300;
/** Bytes of one cookie with its name and attributes: browsers drop a larger one than 4096 (RFC 6265 section 6.1). */
const MAX_COOKIE = 3800;
/** Enough for a token of `maxBytes`, sealed. */
const MAX_COOKIES = 4;

/** The cookies of a session, and of a sign-in that is under way, by what the filter calls them. */
const COOKIES = {
  bearer_token: 'token',
  oauth_hmac: 'seal',
  oauth_expires: 'expires',
  id_token: 'id',
  refresh_token: 'refresh',
  oauth_nonce: 'nonce',
  code_verifier: 'verifier',
} as const;

/** Off but on the hosts of services with login. */
export function loginFilter(): Template {
  return {
    name: FILTERS.login,
    typed_config: { '@type': extension('filters.http.oauth2.v3.OAuth2') },
  };
}

/** The login of one service: what it does on the paths of the login, and what a session becomes elsewhere. */
export function loginPerService(login: LoginNode, authority: string): Template {
  const { endSessionEndpoint } = login;
  return {
    '@type': extension('filters.http.oauth2.v3.OAuth2PerRoute'),
    config: {
      authorization_endpoint: login.authorizationEndpoint,
      token_endpoint: {
        cluster: login.tokenServer,
        uri: login.tokenEndpoint,
        timeout: seconds(EXCHANGE_TIMEOUT),
      },
      ...(endSessionEndpoint !== undefined && { end_session_endpoint: endSessionEndpoint }),
      redirect_uri: `https://%REQ(:authority)%${LOGIN_PATHS.callback}`,
      redirect_path_matcher: { path: { exact: LOGIN_PATHS.callback } },
      signout_path: { path: { exact: LOGIN_PATHS.signOut } },
      // Where a browser is sent after the sign-in is in `state`, which nothing seals but the nonce beside it.
      allowed_redirect_domains: [authority],
      auth_scopes: login.scopes,
      ...(login.resource !== undefined && { resources: [login.resource] }),
      auth_type: 'URL_ENCODED_BODY',
      credentials: {
        client_id: login.clientId,
        token_secret: secret(login, 'client'),
        hmac_secret: secret(login, 'session'),
        cookie_names: Object.fromEntries(
          Object.entries(COOKIES).map(([kind, name]) => [kind, `${SESSION_COOKIE}${name}`]),
        ),
      },
      // The browser comes back from the provider's site, so that a strict cookie would not be there.
      cookie_configs: Object.fromEntries(
        Object.keys(COOKIES).map((kind) => [`${kind}_cookie_config`, { same_site: 'LAX', path: '/' }]),
      ),
      token_cookie_chunking: { max_cookie_size: MAX_COOKIE, max_chunks: MAX_COOKIES },
      default_expires_in: seconds(SESSION),
      csrf_token_expires_in: seconds(SIGN_IN),
      code_verifier_token_expires_in: seconds(SIGN_IN),
      // A session ends with its token; no browser holds what makes new ones.
      use_refresh_token: false,
      disable_refresh_token_set_cookie: true,
      disable_id_token_set_cookie: endSessionEndpoint === undefined,
      forward_bearer_token: true,
      // Who brings a token has no session: no two tokens are in one request.
      pass_through_matcher: [{ name: 'authorization', present_match: true }],
      // Without a session a request goes on without a token, to be judged like any other.
      allow_failed_matcher: [
        { name: ':path', string_match: { prefix: `/${LOGIN_PREFIX}/` }, invert_match: true },
      ],
    },
  };
}

/** A secret that never is in a plan: a file that is read again when it is replaced by renaming. */
function secret({ key }: LoginNode, name: 'client' | 'session'): Template {
  return {
    name,
    sds_config: {
      path_config_source: {
        path: ref(`${key}/${name}/path`),
        watched_directory: { path: ref(`${key}/directory`) },
      },
      resource_api_version: 'V3',
    },
  };
}
