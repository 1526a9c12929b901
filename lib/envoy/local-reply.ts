import type { Template } from '../plan/refs.js';
import { LOGIN_PATHS } from '../policy/login.js';
import { BAD_TOKEN } from '../policy/compile/envoy/index.js';
import { METADATA_PREFIX, RBAC_NAMESPACE } from './filter-order.js';
import { and, celFilter } from './log-filter.js';
import { NON_CANONICAL } from './filters/canonical.js';

/**
 * What a refusal looks like from outside: the outcome table of `docs/policy.md`. The first mapper
 * that fits wins. Bodies say no more than the status, and none tells which rule or point refused.
 * The strings of `response.code_details` are Envoy's and not promised: the corpus decides about an
 * upgrade.
 */
export function localReply(hasLogin = false): Template {
  return {
    mappers: [
      notCanonical(),
      badToken(),
      ...(hasLogin ? [spoiltSignIn(), ...leadToSignIn()] : []),
      // A request without a token is told no error code, only the scheme.
      mapper(and(refusedByRule(), challenge('token')), 401, 'token required', 'Bearer'),
      // RFC 9470 section 3: no deny is in the way, or none that would stay there.
      mapper(
        and(challenge('step-up'), or(refusedByDefault(), and(refusedByRule(), nothingLasting()))),
        401,
        'stronger authentication required',
        'Bearer error="insufficient_user_authentication"',
      ),
      forbidden(),
      unavailable(),
    ],
  };
}

/** What the login answers by itself and cannot, whatever its reason: it is told as little as any other. */
function spoiltSignIn(): Template {
  const key = `${METADATA_PREFIX.crossSite}shadow_engine_result`;
  const isOfLogin = metadata(key, { string_match: { exact: 'allowed' } });
  return mapper(and(isOfLogin, { status_code_filter: exactly(401) }), undefined, 'sign-in failed');
}

/** A browser that opens a page goes to the sign-in of that page. Its path is canonical, so no header can be broken. */
function leadToSignIn(): Template[] {
  const lead = (isRoot: boolean, location: string): Template => ({
    ...(mapper(
      and(refusedByRule(), challenge('sign-in'), ...(isRoot ? [pathIs('/(?:\\?.*)?')] : [])),
      302,
      'sign in',
    ) as object),
    headers_to_add: [
      { header: { key: 'location', value: location } },
      { header: { key: 'cache-control', value: 'no-store' } },
    ],
  });
  // A path may not end with a slash, so the root has none to bring.
  return [lead(true, LOGIN_PATHS.signIn), lead(false, `${LOGIN_PATHS.signIn}%REQ(:PATH)%`)];
}

function pathIs(regex: string): Template {
  return { header_filter: { header: { name: ':path', string_match: { safe_regex: { regex } } } } };
}

export function notCanonical(): Template {
  return mapper(
    celFilter(`response.code_details in ['${DENIED}${NON_CANONICAL}]', 'absolute_path_rejected']`),
    400,
    'non-canonical request',
  );
}

/** A bad token, whatever is bad about it; RFC 6750 section 3.1. */
export function badToken(): Template {
  return mapper(
    celFilter(
      "response.code_details.startsWith('jwt_authn_access_denied{') || " +
        `response.code_details.startsWith('${DENIED}${BAD_TOKEN}')`,
    ),
    401,
    'invalid token',
    'Bearer error="invalid_token"',
  );
}

export function forbidden(): Template {
  return mapper(refusedByRule(), 403, 'forbidden');
}

export function unavailable(): Template {
  return mapper({ status_code_filter: atLeast(500) }, undefined, 'unavailable');
}

export function mapper(
  filter: Template,
  status: number | undefined,
  body: string,
  challenge?: string,
): Template {
  return {
    filter,
    ...(status !== undefined && { status_code: status }),
    body: { inline_string: body },
    ...(challenge !== undefined && {
      headers_to_add: [{ header: { key: 'www-authenticate', value: challenge } }],
    }),
  };
}

/** How Envoy's RBAC says which policy refused; `none` where no policy admitted. */
export const DENIED = 'rbac_access_denied_matched_policy[';

function refusedByRule(): Template {
  return celFilter(`response.code_details.startsWith('${DENIED}')`);
}

function refusedByDefault(): Template {
  return celFilter(`response.code_details == '${DENIED}none]'`);
}

/** The filter that only looks has seen a policy whose name begins so. */
function challenge(prefix: string): Template {
  return metadata(`${METADATA_PREFIX.challenge}shadow_effective_policy_id`, { string_match: { prefix } });
}

/** No deny stands that stronger authentication would not lift. */
function nothingLasting(): Template {
  return metadata(`${METADATA_PREFIX.lasting}shadow_engine_result`, { string_match: { exact: 'allowed' } });
}

function metadata(key: string, value: Template): Template {
  return {
    metadata_filter: {
      matcher: { filter: RBAC_NAMESPACE, path: [{ key }], value },
      // True is Envoy's default.
      match_if_key_not_found: false,
    },
  };
}

function or(...filters: Template[]): Template {
  return { or_filter: { filters } };
}

function atLeast(status: number): Template {
  return comparison('GE', status);
}

function exactly(status: number): Template {
  return comparison('EQ', status);
}

function comparison(op: 'GE' | 'EQ', status: number): Template {
  return {
    comparison: { op, value: { default_value: status } },
  };
}
