import { type Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { keepFunction } from '../support/kept-function.js';
import { guardRole } from '../support/role-guard.js';

export interface AuthorityFunctionProps {
  readonly description: string;
  readonly code: Code;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: ILogGroup;
  readonly role: Role;
  readonly timeout: Duration;
  readonly reservedConcurrentExecutions?: number;
}

/** The role of one of the authority's functions: it writes the function's log, and what is added to it. */
export function authorityRole(scope: Construct, id: string, logGroup: ILogGroup): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  return role;
}

/**
 * A function with a role whose rights work within this function alone: another function that is given the
 * role, or a session of it elsewhere, is denied each of them.
 */
export class AuthorityFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  private readonly guarded: PolicyStatement;

  constructor(scope: Construct, id: string, props: AuthorityFunctionProps) {
    super(scope, id);
    const { role, ...rest } = props;
    this.role = role;
    this.function = new LambdaFunction(this, 'Function', {
      ...rest,
      role,
      environment: { ...props.environment },
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      memorySize: 512,
    });
    keepFunction({ handler: this.function, role, variables: props.environment });
    this.guarded = guardRole(this, 'Guard', {
      role,
      handler: this.function,
      actions: ['kms:Sign'],
      resources: ['*'], // A deny: narrower would protect less.
    });
  }

  /** Let the function do this, and only the function. */
  allow(statement: PolicyStatement): void {
    this.role.addToPolicy(statement);
    this.guard(...statement.actions);
  }

  /** Let the function use the key of a bucket, through S3 alone. S3 makes those calls, so they name no function. */
  allowEncryption(key: IKey): void {
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [key.keyArn],
        conditions: {
          StringEquals: { 'kms:ViaService': `s3.${Stack.of(this).region}.${Stack.of(this).urlSuffix}` },
        },
      }),
    );
  }

  /** Deny these actions to the role outside of the function. */
  guard(...actions: string[]): void {
    const known = new Set(this.guarded.actions);
    this.guarded.addActions(...actions.filter((action) => !known.has(action)));
  }
}
