import type { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { denied, functionProtection, type ProtectedFunctions } from '../support/function-protection.js';

/** What stands before APIs. */
export interface ProtectedAuthorizers extends ProtectedFunctions {
  readonly stack: Stack;
  /** Ids of the APIs that were adopted. */
  readonly apis: readonly string[];
  /** Ids of the HTTP APIs among them. */
  readonly httpApis?: readonly string[];
}

/**
 * Statements for a service control policy, or for the permissions boundary of everyone in the account: to all but the
 * deployers they deny changing the functions that judge requests (code, environment, layers, aliases), their roles, and
 * the APIs that were put behind them. An authorizer's policy is part of its code.
 * @param deployers ARNs of roles that deploy, with `*` for what varies
 */
export function authorizerProtection(
  { stack, apis, httpApis = [], ...functions }: ProtectedAuthorizers,
  deployers: readonly string[],
): PolicyStatement[] {
  const all = [...apis.map((id) => `/restapis/${id}`), ...httpApis.map((id) => `/apis/${id}`)];
  const paths = all.flatMap((path) => [path, `${path}/*`]);
  const arn = (path: string) => `arn:${stack.partition}:apigateway:${stack.region}::${path}`;
  const changes = ['apigateway:POST', 'apigateway:PUT', 'apigateway:PATCH'];
  return [
    ...functionProtection('Authorizer', functions, deployers),
    ...(paths.length > 0 ? [denied('AuthorizedApis', changes, paths.map(arn), deployers)] : []),
  ];
}
