import { Annotations } from 'aws-cdk-lib';
import { type IRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { acceptWeakening } from '../support/weakening.js';
import type { ProtectedApi } from './props.js';

/**
 * Throws for an API whose methods this app does not make one by one: nobody could put the authorizer before them.
 * Who does it elsewhere says so, with a reason and an end.
 */
export function checkProtectable(scope: Construct, apis: readonly ProtectedApi[]): void {
  const accepted = new Set<IRestApi>();
  apis.forEach(({ api, protectedElsewhere }, index) => {
    if (api instanceof RestApi || accepted.has(api)) return;
    if (!protectedElsewhere) throw notProtectable(scope, api, index);
    acceptWeakening(scope, `apis-${index}-protectedElsewhere`, protectedElsewhere);
    Annotations.of(scope).addInfoV2(
      `zero-trust-platform:api-elsewhere:${api.node.path}`,
      `${api.node.path} gets no answers to refused requests from here (EdgeResponses makes them where its methods are made), and no alarm of its errors unless SecurityAlarms is given it by its name.`,
    );
    accepted.add(api);
  });
}

function notProtectable(scope: Construct, api: IRestApi, index: number): ConstructError {
  return new ConstructError(scope, {
    code: 'api-not-protectable',
    message:
      'the methods of an API that is imported, or made from an OpenAPI document, are not seen here and would stay open',
    prop: `apis[${index}].api`,
    found: api.node.path,
    expected: 'a RestApi of this app',
    remedy:
      'Protect it in the stack that makes its methods (TokenAuthorizer.fromAliasArn, or securitySchemes of the document), and say in `protectedElsewhere` who does so and until when that holds.',
  });
}

/** An API that the authorizer knows, and that nobody put behind it. */
export function notProtected(scope: Construct, api: IRestApi): ConstructError {
  return new ConstructError(scope, {
    code: 'api-not-protected',
    message: 'the authorizer knows the API, and no method of it asks the authorizer',
    prop: 'apis',
    found: api.node.path,
    remedy: 'Call protect(api).',
  });
}
