import type { ServiceNode } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { loginAnswers, loginRefusals, loginRoute } from '../policy/compile/envoy/index.js';
import { LOGIN_PATHS, LOGIN_PREFIX } from '../policy/login.js';
import { FILTERS } from './filter-order.js';
import { loginPerService } from './filters/login.js';
import { guardPerRoute, rbacPerRoute } from './filters/rbac.js';
import { sessionPerService } from './filters/session.js';

/** What a service with login adds to its host at a gateway. */
export function loginOfHost({ login, authority }: ServiceNode): { readonly [filter: string]: Template } {
  if (!login) return {};
  return {
    [FILTERS.crossSite]: guardPerRoute(loginRefusals(authority), loginAnswers()),
    [FILTERS.login]: loginPerService(login, authority),
    [FILTERS.session]: sessionPerService(),
  };
}

/**
 * The routes of the login, before all others. A sign-in begins at `/.ztp/sign-in` and the path of the page, which
 * is canonical as a whole: so what is left of it when there is a session is a path of this host, whatever
 * somebody wrote there. Nothing below leads to an application.
 */
export function loginRoutes({ login, name }: ServiceNode): Template[] {
  if (!login) return [];
  const typed_per_filter_config = { [FILTERS.allow]: rbacPerRoute('ALLOW', loginRoute()) };
  const back = (match: Template, redirect: { readonly [field: string]: Template }): Template => ({
    name,
    match,
    redirect: { ...redirect, response_code: 'FOUND' },
    response_headers_to_add: [{ header: { key: 'cache-control', value: 'no-store' } }],
    typed_per_filter_config,
  });
  return [
    back({ path: LOGIN_PATHS.signIn }, { path_redirect: '/' }),
    back({ prefix: `${LOGIN_PATHS.signIn}/` }, { prefix_rewrite: '/' }),
    { name, match: { path_separated_prefix: `/${LOGIN_PREFIX}` }, direct_response: { status: 404 } },
  ];
}
