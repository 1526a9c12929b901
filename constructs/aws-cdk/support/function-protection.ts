import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** Functions by which others would become what they are, and the roles that they act by. */
export interface ProtectedFunctions {
  /** ARNs. */
  readonly functions: readonly string[];
  readonly roles: readonly string[];
}

/** What changes what a function does: its code, its environment and layers, and which version an alias means. */
const CODE = [
  'lambda:UpdateFunctionCode',
  'lambda:UpdateFunctionConfiguration',
  'lambda:PublishVersion',
  'lambda:CreateAlias',
  'lambda:UpdateAlias',
  'lambda:DeleteAlias',
  'lambda:AddPermission',
  'lambda:DeleteFunction',
];

/** What gives a role to others, takes its guard away, or gives it more rights. */
const ROLES = [
  'iam:PassRole',
  'iam:AttachRolePolicy',
  'iam:PutRolePolicy',
  'iam:DeleteRolePolicy',
  'iam:UpdateAssumeRolePolicy',
  'iam:DeleteRole',
];

/** A statement of a service control policy: what it names is for the deployers alone. */
export function denied(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  deployers: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    actions: [...actions],
    resources: [...resources],
    conditions: { ArnNotLike: { 'aws:PrincipalArn': [...deployers] } },
  });
}

/** Statements `<name>Code` and `<name>Roles`: functions and roles have no policy of their own that could deny it. */
export function functionProtection(
  name: string,
  { functions, roles }: ProtectedFunctions,
  deployers: readonly string[],
): PolicyStatement[] {
  const code = functions.flatMap((arn) => [arn, `${arn}:*`]);
  return [denied(`${name}Code`, CODE, code, deployers), roleProtection(`${name}Roles`, roles, deployers)];
}

/** A statement for roles alone. */
export function roleProtection(
  sid: string,
  roles: readonly string[],
  deployers: readonly string[],
): PolicyStatement {
  return denied(sid, ROLES, roles, deployers);
}
