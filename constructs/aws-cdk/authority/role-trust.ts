import { Stack } from 'aws-cdk-lib';
import type { CfnRole, Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { asMade, changesOf } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';

interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

const ECS_TASKS = 'ecs-tasks.amazonaws.com';

/**
 * What else a role's trust policy admits than tasks of ECS; empty if nothing. Whoever can assume the role
 * has the workload's identity, so the list must be empty.
 */
export function otherTrust(role: Role): readonly string[] {
  const document = Stack.of(role).resolve(role.assumeRolePolicy) as { readonly Statement?: unknown };
  const statements = [document.Statement ?? []].flat() as readonly Statement[];
  const others = statements.filter((statement) => !isForTasks(statement));
  return statements.length === 0 ? ['nobody'] : others.map((statement) => JSON.stringify(statement));
}

function isForTasks({ Effect, Action, Principal }: Statement): boolean {
  const services =
    Object.keys(Principal ?? {}).length === 1 ? (Principal as { Service?: unknown }).Service : 0;
  return Effect === 'Allow' && only(Action, 'sts:AssumeRole') && only(services, ECS_TASKS);
}

function only(value: unknown, wanted: string): boolean {
  return [value].flat().length === 1 && [value].flat()[0] === wanted;
}

/** Admit tasks of this account and region alone: without it ECS could be made to use the role for another account. */
export function trustTasksOnly(scope: IConstruct, role: Role): void {
  const [other] = otherTrust(role);
  if (other !== undefined) {
    throw new ConstructError(scope, {
      code: 'role-trusts-others',
      message: "the workload's role can be assumed by more than tasks of ECS",
      prop: 'role',
      found: other.slice(0, 300),
      expected: `only the service ${ECS_TASKS}`,
      remedy: 'Give the workload a role of its own; whoever can assume it has its identity.',
    });
  }
  const { partition, region, account } = Stack.of(role);
  // ("Amazon ECS task IAM role", Amazon ECS developer guide: both conditions against a confused deputy.)
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: ECS_TASKS },
        Condition: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:ecs:${region}:${account}:*` },
        },
      },
    ],
  };
  const resource = role.node.defaultChild as CfnRole;
  resource.assumeRolePolicyDocument = trust;
  const made = asMade(resource, { AssumeRolePolicyDocument: trust });
  // What is added later would not reach the template, and whoever adds it must know.
  scope.node.addValidation({
    validate: () =>
      [...otherTrust(role), ...changesOf(made).map(({ found }) => found)].map(
        (found) => `role-trusts-others: ${role.node.path} also trusts ${found.slice(0, 300)}; only tasks may`,
      ),
  });
}
