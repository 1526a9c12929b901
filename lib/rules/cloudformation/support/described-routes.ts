import { operationsOf, type Scheme, schemesOf } from './openapi.js';
import { at, listOf, text, words } from './read.js';
import { type Authorization, GREEDY_PATH, NO_ROUTE, type Route } from './route.js';
import { Text, type Value } from './value.js';

/** OpenAPI, as an API takes it in its body. */
export function describedRoutes(body: Value): Route[] {
  return operationsOf(body).map(({ path, template, method, operation, security }): Route => {
    if (operation instanceof Text) {
      return { ...NO_ROUTE, path, method: operation, authorization: operation };
    }
    const schemes = schemesOf(body);
    const asked = security.map(([name, scopes]) => {
      const scheme = schemes.find((one) => one.name === name);
      return { name, scopes, authorization: describedAuthorization(scheme) };
    });
    // A key beside an authorizer is asked for as well; API Gateway has one authorizer for a method.
    const used = asked.find(({ authorization }) => authorization !== 'none');
    const own = text(at(operation, 'x-amazon-apigateway-auth', 'type'));
    const signed = typeof own === 'string' && own.toUpperCase() !== 'NONE';
    return {
      path,
      method,
      anyMethod: method === 'ANY',
      anyPath: template === '/$default' || template === '$default' || GREEDY_PATH.test(template),
      authorization: signed ? 'iam' : (used?.authorization ?? 'none'),
      scopes: listOf(used?.scopes),
      ...(used && { scheme: used.name }),
    };
  });
}

function describedAuthorization(scheme: Scheme | undefined): Authorization {
  const type = words(at(scheme?.authorizer, 'type')).toLowerCase();
  if (type === 'jwt') return 'jwt';
  if (type === 'cognito_user_pools' || scheme?.kind === 'cognito_user_pools') return 'user-pool';
  if (type === 'token' || type === 'request') return 'custom';
  if (scheme?.kind === 'awssigv4') return 'iam';
  // An API key, or a scheme that API Gateway reads as documentation, is nobody's authorizer.
  return 'none';
}
