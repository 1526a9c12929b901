import { CfnSecurityGroupEgress, CfnSecurityGroupIngress, type ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

export interface SecurityRule {
  readonly from: ISecurityGroup;
  readonly to: ISecurityGroup;
  readonly port: number;
  /** At most 255 characters of a small set (EC2's rule for descriptions). */
  readonly description: string;
}

/**
 * Let one group connect to another at one port. Both halves are resources of their own, so that two groups
 * that name each other make no circle, whatever stacks they stand in.
 */
export function allowConnection(
  scope: Construct,
  id: string,
  { from, to, port, description }: SecurityRule,
): void {
  const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port, description };
  new CfnSecurityGroupIngress(scope, `${id}-In`, {
    ...rule,
    groupId: to.securityGroupId,
    sourceSecurityGroupId: from.securityGroupId,
  });
  new CfnSecurityGroupEgress(scope, `${id}-Out`, {
    ...rule,
    groupId: from.securityGroupId,
    destinationSecurityGroupId: to.securityGroupId,
  });
}
