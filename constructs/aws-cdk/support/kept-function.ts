import type { CfnRole, IRole } from 'aws-cdk-lib/aws-iam';
import type { Alias, CfnAlias, CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { asMade, keepAsMade, type Made } from './as-made.js';

/** A function that others would become something by, if they changed what it runs or who may be it. */
export interface KeptFunction {
  readonly handler: LambdaFunction;
  readonly role: IRole;
  /** All of its environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Synthesis stops where code, environment, layers or role of a function, or the trust of that role, is rendered otherwise
 * than it was made. Sizes, times, logs and the runtime are for the app to override.
 */
export function keepFunction({ handler, role, variables }: KeptFunction): void {
  const resource = handler.node.defaultChild as CfnFunction;
  keepAsMade(
    handler,
    asMade(resource, {
      Code: resource.code,
      Handler: resource.handler,
      Role: resource.role,
      'Environment.Variables': variables,
      Layers: undefined,
      FileSystemConfigs: undefined,
      ImageConfig: undefined,
    }),
    trustOf(role),
  );
}

function trustOf(role: IRole): Made {
  const resource = role.node.defaultChild as CfnRole;
  return asMade(resource, { AssumeRolePolicyDocument: resource.assumeRolePolicyDocument });
}

/** The same for what an alias means. How many environments are provisioned is for the app to override. */
export function keepAlias(alias: Alias): void {
  const resource = alias.node.defaultChild as CfnAlias;
  keepAsMade(
    alias,
    asMade(resource, {
      FunctionName: resource.functionName,
      FunctionVersion: resource.functionVersion,
      RoutingConfig: undefined,
    }),
  );
}
