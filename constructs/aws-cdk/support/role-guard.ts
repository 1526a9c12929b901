import { Lazy } from 'aws-cdk-lib';
import {
  type CfnPolicy,
  Effect,
  Policy,
  PolicyDocument,
  PolicyStatement,
  type Role,
} from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { asMade, keepAsMade } from './as-made.js';

/** Rights of a role, for its own function alone. */
export interface RoleGuard {
  readonly role: Role;
  readonly handler: LambdaFunction;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/**
 * Deny rights of a role outside of its function: another function that is given the role, or a session of it
 * elsewhere, can do nothing with them. `lambda:SourceFunctionArn` is in every call that is made with the credentials of
 * a function's environment, and in no other ("Using source function ARN to control function access behavior", AWS
 * Lambda). Returns the statement, which further actions may be added to.
 */
export function guardRole(scope: Construct, id: string, guard: RoleGuard): PolicyStatement {
  const { role, handler, actions, resources } = guard;
  const arn = handler.functionArn;
  const statement = new PolicyStatement({
    sid: 'OnlyWithinThisFunction',
    effect: Effect.DENY,
    actions: [...actions],
    resources: [...resources],
    conditions: { ArnNotLike: { 'lambda:SourceFunctionArn': [arn, `${arn}:*`] } },
  });
  // A policy of its own: in the role's own one it would have to be there before the function that it names.
  const policy = new Policy(scope, id, { statements: [statement], roles: [role] });
  keepAsMade(
    policy,
    asMade(policy.node.defaultChild as CfnPolicy, {
      // What is added to the statement later is meant.
      PolicyDocument: Lazy.any({ produce: () => new PolicyDocument({ statements: [statement] }) }),
      Roles: [role.roleName],
    }),
  );
  return statement;
}
