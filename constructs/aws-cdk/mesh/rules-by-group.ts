import { Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, type ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { Mentions } from '../support/mentions.js';
import { writtenIn } from '../support/written-in.js';
import { type GroupRule, groupRules } from './group-rules.js';

interface HasGroup {
  readonly securityGroup: ISecurityGroup;
}

/**
 * The rules below `root` of each of these groups, whichever way their templates name it. Ask while the tree is
 * validated.
 */
export function rulesByGroup<Of extends HasGroup>(
  root: IConstruct,
  groups: readonly Of[],
): ReadonlyMap<Of, readonly GroupRule[]> {
  const found = new Map<Of, GroupRule[]>(groups.map((group) => [group, []]));
  const textsByStack = new Map<Stack, ReadonlyMap<string, Of>>();
  const mentions = groups.map((group) => [group, mentionsOf(group.securityGroup)] as const);
  for (const rule of groupRules(root)) {
    const stack = Stack.of(rule.resource);
    const texts = textsByStack.get(stack) ?? textsIn(stack, groups);
    textsByStack.set(stack, texts);
    const named = texts.get(JSON.stringify(rule.group));
    // Nearly all are named as the CDK does it; the rest would cost the product of rules and groups.
    const owners =
      named || isAttribute(rule.group)
        ? [named]
        : mentions.filter(([, item]) => item.isIn(stack, rule.group)).map(([group]) => group);
    for (const owner of owners) if (owner) found.get(owner)!.push(rule);
  }
  return found;
}

/** How the groups are written in the template of a stack that can name them, where nobody wrote it otherwise. */
function textsIn<Of extends HasGroup>(stack: Stack, groups: readonly Of[]): ReadonlyMap<string, Of> {
  return new Map(
    groups.flatMap((group) => {
      const text = writtenIn(stack, group.securityGroup.securityGroupId);
      return text === undefined ? [] : [[text, group] as const];
    }),
  );
}

/** The id of a group of the same stack: no other than that. */
function isAttribute(group: unknown): boolean {
  const attribute = (group as { readonly 'Fn::GetAtt'?: unknown } | undefined)?.['Fn::GetAtt'];
  return Array.isArray(attribute) && attribute[1] === 'GroupId';
}

/** Every way in which a template says a group that is made here. */
export function mentionsOf(group: ISecurityGroup): Mentions {
  const resource = group.node.defaultChild;
  const others = resource instanceof CfnSecurityGroup ? [resource.ref, resource.attrId] : [];
  return new Mentions({ construct: group, values: [group.securityGroupId, ...others] });
}
