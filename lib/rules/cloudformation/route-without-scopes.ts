import { type TemplateCheck, undecided, violation } from './support/check.js';
import { openIn } from './support/read.js';
import { ROUTE_TYPES, routesOf } from './support/routes.js';

const EXPECTED = 'at least one scope';

export const routeWithoutScopes: TemplateCheck = {
  id: 'route-without-scopes',
  severity: 'error',
  reason:
    'A JWT authorizer without scopes admits every token of the issuer for the audience, and a Cognito authorizer an ID token, which says who signed in and not what they may do.',
  fix: 'Set `AuthorizationScopes` on the route to the scope that this operation needs.',
  types: ROUTE_TYPES,
  run: (resource, reading) =>
    routesOf(resource, reading).flatMap(({ path, authorization, scopes }) => {
      if (authorization !== 'jwt' && authorization !== 'user-pool') return [];
      const at = path[0] === 'Body' ? path : ['AuthorizationScopes'];
      if (scopes.some((scope) => openIn(scope))) return [undecided(at, scopes, EXPECTED)];
      // An empty list of a parameter is a list of one empty text.
      return scopes.some((scope) => scope !== '')
        ? []
        : [violation(at, 'any token of the issuer passes', { found: 'no scope', expected: EXPECTED })];
    }),
};
