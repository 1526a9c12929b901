import {
  LOGIN_PATHS,
  LOGIN_PREFIX,
  ownOriginPattern,
  SAFE_METHODS,
  SAME_ORIGIN,
  SESSION_COOKIE,
} from '../../login.js';
import type { JsonObject } from '../../request.js';
import { ANYBODY } from './matcher.js';
import { ANYTHING, type Permission } from './permission.js';
import type { Policies } from './rule.js';

/** The names of what the login refuses, which no rule's id can be. */
export const CROSS_SITE = '!cross-site';
export const LOGIN_PATH = '!login-path';
/** The name under which a request is seen that the login answers by itself, and admitted on its own routes. */
export const LOGIN = '!login';

/** What is refused before the session is looked at: policies of a DENY filter. */
export function loginRefusals(authority: string): Policies {
  const isSameOrigin = all(
    header('sec-fetch-site', { exact: SAME_ORIGIN }),
    any(not(present('origin')), header('origin', regex(ownOriginPattern(authority)))),
  );
  return {
    [CROSS_SITE]: policy(
      all(
        not(any(...SAFE_METHODS.map(method))),
        header('cookie', { contains: SESSION_COOKIE }),
        not(present('authorization')),
        not(isBelow(`/${LOGIN_PREFIX}`)),
        not(isSameOrigin),
      ),
    ),
    [LOGIN_PATH]: policy(all(isBelow(`/${LOGIN_PREFIX}`), not(answeredByLogin()))),
  };
}

/** What the login answers by itself; to be looked at, for the log. */
export function loginAnswers(): Policies {
  return { [LOGIN]: policy(answeredByLogin()) };
}

/** Everything, on a route that leads nowhere but back to a page. */
export function loginRoute(): Policies {
  return { [LOGIN]: policy(ANYTHING) };
}

function answeredByLogin(): Permission {
  const { callback, signIn, signOut } = LOGIN_PATHS;
  const isOwn = any(...[SAME_ORIGIN, 'none'].map((exact) => header('sec-fetch-site', { exact })));
  return all(
    not(present('authorization')),
    any(
      all(urlPath({ exact: signOut }), any(method('GET'), method('POST')), isOwn),
      all(any(urlPath({ exact: callback }), isBelow(signIn)), navigation()),
    ),
  );
}

/** As `isNavigation` of the reference. */
export function navigation(): Permission {
  return all(
    method('GET'),
    any(
      all(header('sec-fetch-mode', { exact: 'navigate' }), header('sec-fetch-dest', { exact: 'document' })),
      all(not(present('sec-fetch-mode')), header('accept', { contains: 'text/html' })),
    ),
  );
}

function policy(permission: Permission): JsonObject {
  return { permissions: [permission], principals: [ANYBODY] };
}

function isBelow(path: string): Permission {
  return any(urlPath({ exact: path }), urlPath({ prefix: `${path}/` }));
}

function urlPath(path: JsonObject): Permission {
  return { url_path: { path } };
}

function method(exact: string): Permission {
  return header(':method', { exact });
}

function present(name: string): Permission {
  return { header: { name, present_match: true } };
}

function header(name: string, match: JsonObject): Permission {
  return { header: { name, string_match: match } };
}

function regex(pattern: string): JsonObject {
  return { safe_regex: { regex: pattern } };
}

function all(...rules: Permission[]): Permission {
  return { and_rules: { rules } };
}

function any(...rules: Permission[]): Permission {
  return { or_rules: { rules } };
}

function not(rule: Permission): Permission {
  return { not_rule: rule };
}
