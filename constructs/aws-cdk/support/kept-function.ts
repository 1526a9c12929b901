import type { CfnRole, IRole } from 'aws-cdk-lib/aws-iam';
import type { Alias, CfnAlias, CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { asMade, keepAsMade, type Made } from './as-made.js';
import { keepAlone } from './beside.js';
import { acceptedOf } from './instrumentation.js';

/** A function that others would become something by, if they changed what it runs or who may be it. */
export interface KeptFunction {
  readonly handler: LambdaFunction;
  readonly role: IRole;
  /** All of its environment, but for what was accepted for all functions. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Synthesis stops where code, environment, layers or role of a function, or the trust of that role, is rendered otherwise
 * than it was made, and where the function gets a URL or is changed by a call. Sizes, times, logs and the runtime are for the app to override.
 */
export function keepFunction({ handler, role, variables }: KeptFunction): void {
  const resource = handler.node.defaultChild as CfnFunction;
  keepAsMade(
    handler,
    {
      ...asMade(resource, {
        Code: resource.code,
        Handler: resource.handler,
        Role: resource.role,
        FileSystemConfigs: undefined,
        ImageConfig: undefined,
      }),
      late: (rendered) => acceptedOf(resource, variables, rendered),
    },
    trustOf(role),
  );
  keepPrivate(handler, [handler.functionArn, handler.functionName]);
}

/** Nobody reaches it by a URL, and no call changes it. */
function keepPrivate(construct: Alias | LambdaFunction, values: readonly string[]): void {
  keepAlone({
    construct,
    values,
    what: 'a function',
    types: [{ type: 'AWS::Lambda::Url', property: 'TargetFunctionArn' }],
    calls: { services: ['lambda'], changing: /^(update|create|delete|add|put|publish|remove)/ },
  });
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
  keepPrivate(alias, [alias.functionArn]);
}
