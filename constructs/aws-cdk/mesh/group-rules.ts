import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { synthesizedProperties } from '../support/synthesized.js';

type Properties = Readonly<Record<string, unknown>>;

/** A rule of a security group, as the template will have it. */
export interface GroupRule {
  readonly resource: CfnResource;
  readonly group: unknown;
  readonly direction: 'in' | 'out';
  readonly rule: Properties;
  /** Written in the group itself. */
  readonly isInline: boolean;
}

/** Every rule of a security group below `root`. Ask while it is validated: what is rendered before stays as it is then. */
export function groupRules(root: IConstruct): GroupRule[] {
  return root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .flatMap(rulesOf);
}

function rulesOf(resource: CfnResource): GroupRule[] {
  const of =
    (direction: GroupRule['direction'], group: unknown, isInline: boolean) => (rule: Properties) => ({
      resource,
      group,
      direction,
      rule,
      isInline,
    });
  switch (resource.cfnResourceType) {
    case CfnSecurityGroupIngress.CFN_RESOURCE_TYPE_NAME:
    case CfnSecurityGroupEgress.CFN_RESOURCE_TYPE_NAME: {
      const rule = synthesizedProperties(resource);
      const isIn = resource.cfnResourceType === CfnSecurityGroupIngress.CFN_RESOURCE_TYPE_NAME;
      return [of(isIn ? 'in' : 'out', rule['GroupId'], false)(rule)];
    }
    case CfnSecurityGroup.CFN_RESOURCE_TYPE_NAME: {
      const { SecurityGroupIngress, SecurityGroupEgress } = synthesizedProperties(resource);
      // As references say it: a platform gives its resources IDs of its own.
      const group = { 'Fn::GetAtt': [Stack.of(resource).resolve(resource.logicalId), 'GroupId'] };
      return [
        ...listOf(SecurityGroupIngress).map(of('in', group, true)),
        ...listOf(SecurityGroupEgress).map(of('out', group, true)),
      ];
    }
    default:
      return [];
  }
}

function listOf(value: unknown): readonly Properties[] {
  return [value ?? []].flat() as Properties[];
}
