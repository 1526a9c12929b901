import { Stack, Stage } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { checkLiteral, checkRange } from '../support/literal.js';
import { writtenIn } from '../support/written-in.js';
import { type GroupRule, groupRules } from './group-rules.js';

/** Rules of one direction in one group, if nobody asked AWS for more ("Amazon VPC quotas", security groups). */
export const RULES_PER_GROUP = 60;

/** Throws for what no account can have: rules times the groups of a network interface, one here, are at most 1000 (same page). */
export function checkGroupQuota(scope: IConstruct, quota: number): void {
  checkLiteral(scope, 'rulesPerSecurityGroup', quota);
  checkRange(scope, quota, {
    prop: 'rulesPerSecurityGroup',
    min: 1,
    max: 1000,
    unit: 'rules',
    remedy: `Give the quota of the account, "Inbound or outbound rules per security group"; leave it out for ${RULES_PER_GROUP}.`,
  });
}

/**
 * Groups with more rules than the account lets one have: every member is a rule of the endpoints' group and of what
 * carries its keys, and every public one a rule of the gateway's, so that a deployment would fail half way.
 * @param groups by the names that messages give them
 */
export function groupQuotaProblems(
  scope: IConstruct,
  groups: ReadonlyMap<string, ISecurityGroup>,
  quota: number,
): ConstructError[] {
  const counts = new Map<string, number>();
  const namesByStack = new Map<Stack, ReadonlyMap<string, string>>();
  // A group's own rules are found by the group: its logical ID may be another than the CDK would give.
  const owners = new Map([...groups].map(([name, group]) => [group.node.defaultChild, name]));
  for (const { resource, group, direction, rule, isInline } of groupRules(
    Stage.of(scope) ?? scope.node.root,
  )) {
    // The account has as many again for IPv6; a rule that names a group counts as one of both.
    if (rule['CidrIpv6'] !== undefined) continue;
    const stack = Stack.of(resource);
    const names = namesByStack.get(stack) ?? namesIn(stack, groups);
    namesByStack.set(stack, names);
    const name = isInline ? owners.get(resource) : names.get(JSON.stringify(group));
    if (name === undefined) continue;
    const key = `${WORDS[direction]} rules of the security group of ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > quota)
    .map(([rules, count]) => tooMany(scope, rules, count, quota));
}

const WORDS: Readonly<Record<GroupRule['direction'], string>> = { in: 'inbound', out: 'outbound' };

/** How the groups are written in the template of a stack that can name them. */
function namesIn(stack: Stack, groups: ReadonlyMap<string, ISecurityGroup>): ReadonlyMap<string, string> {
  return new Map(
    [...groups].flatMap(([name, { securityGroupId }]) => {
      const text = writtenIn(stack, securityGroupId);
      return text === undefined ? [] : [[text, name] as const];
    }),
  );
}

function tooMany(scope: IConstruct, rules: string, count: number, quota: number): ConstructError {
  return new ConstructError(scope, {
    code: 'too-many-group-rules',
    message:
      'a security group would have more rules than the account lets it have, and the deployment would fail',
    prop: 'rulesPerSecurityGroup',
    found: `${count} ${rules}`,
    expected: `at most ${quota}`,
    remedy:
      'Have the quota "Inbound or outbound rules per security group" of Amazon VPC raised (Service Quotas, L-0EA8095F), and say here to what.',
  });
}
