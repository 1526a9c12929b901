import { type CfnSecurityGroupIngress, type ISecurityGroup, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { allowConnection } from '../mesh/security-rule.js';
import { asMade, keepAsMade } from '../support/as-made.js';
import { dataError, type Protection } from './domain-context.js';

/** Let the workload's group connect to the store at its port, and nothing else to it. */
export function openTo(
  store: IConstruct,
  groups: readonly ISecurityGroup[],
  port: number,
  { scope, securityGroup, workload }: Protection,
): void {
  const [group, ...more] = groups;
  if (group === undefined || more.length > 0 || !(group instanceof SecurityGroup)) {
    throw dataError(
      store,
      'data-groups',
      'groups add up, and what an imported one lets in is not seen here',
      'Give the store one security group of this app.',
      {
        prop: 'securityGroups',
        found: groups.length === 0 ? 'none' : groups.map(({ node }) => node.path).join(', '),
      },
    );
  }
  allowConnection(scope, 'Port', {
    from: securityGroup,
    to: group,
    port,
    description: `${workload} to its data`,
  });
  const rule = scope.node.findChild('Port-In') as CfnSecurityGroupIngress;
  keepAsMade(
    store,
    asMade(rule, {
      GroupId: group.securityGroupId,
      SourceSecurityGroupId: securityGroup.securityGroupId,
      IpProtocol: 'tcp',
      FromPort: port,
      ToPort: port,
    }),
  );
}
