import { Fn, Stack } from 'aws-cdk-lib';
import {
  CfnSecurityGroupIngress,
  type CfnSecurityGroup,
  type ISecurityGroup,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { FargateService } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { application, world } from './world.js';

/** A member with a service in its group, and the codes of what is wrong with the mesh. */
function joined() {
  const { app, shop, mesh } = world();
  const taskDefinition = application(shop, 'Orders');
  const member = mesh.join('orders', taskDefinition, { applicationPort: 8080 });
  const service = new FargateService(shop, 'Service', {
    cluster: mesh.cluster,
    taskDefinition,
    securityGroups: [member.securityGroup],
  });
  member.attach(service);
  const codes = () => mesh.node.validate().map((text) => /^([a-z-]+):/.exec(text)?.[1]);
  /** The same once a synthesis has written the references of one stack to another. */
  const codesAtSynthesis = () => {
    try {
      app.synth();
    } catch {
      // What it says is asked of the mesh alone.
    }
    return codes();
  };
  return { shop, mesh, member, service, codes, codesAtSynthesis };
}

type Joined = ReturnType<typeof joined>;

/** Other ways in which a template says a group. */
const spellings: readonly [string, (group: CfnSecurityGroup) => string][] = [
  ['Ref', ({ ref }) => ref],
  ['its other attribute', ({ attrId }) => attrId],
  ['Fn::Sub', (group) => Fn.sub(`\${${Stack.of(group).getLogicalId(group)}}`)],
  ['Fn::Sub of an attribute', (group) => Fn.sub(`\${${Stack.of(group).getLogicalId(group)}.GroupId}`)],
];

test.each<[string, (made: Joined) => unknown]>([
  [
    'a load balancer that takes the service as its target',
    ({ shop, mesh, service }) => {
      const balancer = new ApplicationLoadBalancer(shop, 'Balancer', { vpc: mesh.vpc, internetFacing: true });
      balancer.addListener('Http', { port: 80 }).addTargets('Orders', { port: 8080, targets: [service] });
    },
  ],
  ["the application's port for everybody", (made) => open(made.member.securityGroup, 8080)],
  ["the sidecar's port for everybody", (made) => open(made.member.securityGroup, 15_006)],
  [
    'every port for a group',
    ({ shop, mesh, member }) => {
      const group = new SecurityGroup(shop, 'Friend', { vpc: mesh.vpc });
      new CfnSecurityGroupIngress(shop, 'Rule', {
        groupId: member.securityGroup.securityGroupId,
        ipProtocol: '-1',
        sourceSecurityGroupId: group.securityGroupId,
      });
    },
  ],
  ...spellings.map(([what, groupId]): [string, (made: Joined) => unknown] => [
    `every port for everybody, of a group that is said by ${what}`,
    ({ mesh, member }) =>
      new CfnSecurityGroupIngress(mesh, 'Rule', {
        groupId: groupId(member.securityGroup.node.defaultChild as CfnSecurityGroup),
        ipProtocol: '-1',
        cidrIp: '0.0.0.0/0',
      }),
  ]),
  [
    'every port for everybody, of a group that another stack knows by its reference',
    ({ shop, member }) =>
      new CfnSecurityGroupIngress(shop, 'Rule', {
        groupId: (member.securityGroup.node.defaultChild as CfnSecurityGroup).ref,
        ipProtocol: '-1',
        cidrIp: '0.0.0.0/0',
      }),
  ],
  [
    'a way out to everybody',
    ({ member }) => member.securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443)),
  ],
  [
    'an override of the rules of the group',
    ({ member }) =>
      (member.securityGroup.node.defaultChild as CfnSecurityGroup).addPropertyOverride(
        'SecurityGroupIngress',
        [{ IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, CidrIp: '10.0.0.0/8' }],
      ),
  ],
])('%s stops synthesis', (_what, change) => {
  const made = joined();
  expect(made.codes()).toEqual([]);
  change(made);
  expect(new Set(made.codesAtSynthesis())).toEqual(new Set(['member-group-opened']));
});

test('a database, a range of addresses and the groups of others are not refused', () => {
  const { shop, mesh, member, codes } = joined();
  const database = new SecurityGroup(shop, 'Database', { vpc: mesh.vpc });
  database.connections.allowFrom(member.securityGroup, Port.tcp(5432));
  member.securityGroup.addEgressRule(Peer.ipv4('10.9.0.0/16'), Port.tcp(1433));
  new CfnSecurityGroupIngress(shop, 'Elsewhere', {
    groupId: Fn.importValue('another'),
    ipProtocol: '-1',
    cidrIp: '0.0.0.0/0',
  });
  open(database, 5432);
  expect(codes()).toEqual([]);
});

function open(group: ISecurityGroup, port: number): void {
  group.addIngressRule(Peer.anyIpv4(), Port.tcp(port));
}
