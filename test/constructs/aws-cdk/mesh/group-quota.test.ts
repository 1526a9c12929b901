import { Token } from 'aws-cdk-lib';
import { CfnSecurityGroupIngress, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { world } from './world.js';

const problems = (made: ReturnType<typeof world>) =>
  made.mesh.node.validate().filter((text) => text.startsWith('too-many-group-rules'));

test('more rules in a group than the account lets it have are an error that says which group, how many, and what to do', () => {
  // web, orders, payments, gateway and key tunnel reach the endpoints.
  const [first, ...others] = problems(world({ rulesPerSecurityGroup: 4 }));
  expect(others).toEqual([]);
  expect(first).toMatch(
    /^too-many-group-rules: \[Platform\/Mesh, rulesPerSecurityGroup\] .*found 5 inbound rules of the security group of the endpoints of AWS, expected at most 4\)/,
  );
  expect(first).toContain('Service Quotas, L-0EA8095F');
  expect(problems(world({ rulesPerSecurityGroup: 5 }))).toEqual([]);
  expect(problems(world())).toEqual([]);
});

test('rules of the user count too, wherever they stand, and those for IPv6 by themselves', () => {
  const made = world({ rulesPerSecurityGroup: 5 });
  const { shop, mesh } = made;
  const { securityGroupId: groupId } = mesh.endpointSecurityGroup;
  const rule = { groupId, ipProtocol: 'tcp', fromPort: 443, toPort: 443 };
  new CfnSecurityGroupIngress(shop, 'Six', { ...rule, cidrIpv6: 'fd00::/64' });
  expect(problems(made)).toEqual([]);
  const friend = new SecurityGroup(shop, 'Friend', { vpc: mesh.vpc });
  new CfnSecurityGroupIngress(made.platform, 'Friendly', {
    ...rule,
    sourceSecurityGroupId: friend.securityGroupId,
  });
  expect(problems(made)).toEqual([expect.stringContaining('6 inbound rules')]);
});

test("a group of the user's own before endpoints is counted as far as the app knows it", () => {
  const made = world({ rulesPerSecurityGroup: 4 }, undefined, (platform) => ({
    endpointSecurityGroup: SecurityGroup.fromSecurityGroupId(platform, 'Ours', 'sg-1'),
  }));
  expect(problems(made)).toEqual([expect.stringContaining('5 inbound rules')]);
  // Besides the endpoints, the key tunnel and payments: this one, and the rule of a group that has none.
  made.mesh.network('orders').securityGroup.addEgressRule(Peer.ipv4('10.1.0.0/16'), Port.tcp(5432));
  made.mesh.network('orders').securityGroup.addEgressRule(Peer.ipv4('10.2.0.0/16'), Port.tcp(5432));
  expect(problems(made)).toEqual(
    expect.arrayContaining([expect.stringContaining('outbound rules of the security group of orders')]),
  );
});

test.each([
  [0, 'out-of-range'],
  [1001, 'out-of-range'],
  [2.5, 'out-of-range'],
  [Token.asNumber({ Ref: 'Quota' }), 'literal-needed'],
])('a quota of %p is refused', (rulesPerSecurityGroup, code) => {
  expect(() => world({ rulesPerSecurityGroup })).toThrow(expect.objectContaining({ code }) as Error);
});
