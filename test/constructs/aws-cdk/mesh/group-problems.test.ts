import { Fn, Stack } from 'aws-cdk-lib';
import {
  CfnSecurityGroupEgress,
  CfnSecurityGroupIngress,
  type CfnSecurityGroup,
  type ISecurityGroup,
  Peer,
  Port,
  PrefixList,
  SecurityGroup,
  type Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { FargateService } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
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
  /** Once a synthesis has written the references of one stack to another. */
  const codes = () => {
    try {
      app.synth({ force: true });
    } catch {
      // What it says is asked of the mesh alone.
    }
    return mesh.node.validate().map((text) => /^([a-z-]+):/.exec(text)?.[1]);
  };
  return { shop, mesh, member, service, codes };
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
  expect(new Set(made.codes())).toEqual(new Set(['member-group-opened']));
});

const PUBLIC = Array.from({ length: 20 }, (_, index) => `${20 + index}.0.0.0/8`);

test.each<[string, (made: Joined) => unknown]>([
  [
    'a prefix list of the app that holds everything',
    ({ mesh, member }) => {
      const list = new PrefixList(mesh, 'List', {
        entries: [{ cidr: '0.0.0.0/1' }, { cidr: '128.0.0.0/1' }],
      });
      member.securityGroup.addEgressRule(Peer.prefixList(list.prefixListId), Port.tcp(443));
    },
  ],
  [
    'a prefix list that only the deployment knows',
    ({ member }) => member.securityGroup.addEgressRule(Peer.prefixList(Fn.ref('List')), Port.tcp(443)),
  ],
  [
    'a range that only the deployment knows',
    ({ mesh, member }) => outTo(mesh, 'Range', member.securityGroup, Fn.ref('Range')),
  ],
  [
    'ranges that together hold much more than a private network',
    ({ mesh, member }) =>
      PUBLIC.forEach((range) => outTo(mesh, `Range${range}`, member.securityGroup, range)),
  ],
])('a way out by %s stops synthesis', (_what, change) => {
  const made = joined();
  change(made);
  expect(new Set(made.codes())).toEqual(new Set(['member-group-opened']));
});

const tunnel = ({ mesh }: Joined) => mesh.network('key-tunnel').securityGroup;

test.each<[string, string, (made: Joined) => unknown]>([
  ['the key tunnel is opened to everybody', 'tunnel-group-opened', (made) => open(tunnel(made), 15_010)],
  [
    'the key tunnel is let out elsewhere',
    'tunnel-group-opened',
    (made) => tunnel(made).addEgressRule(Peer.anyIpv4(), Port.tcp(22)),
  ],
  [
    'the endpoints are opened to everybody',
    'endpoint-group-opened',
    ({ mesh }) => open(mesh.endpoints!.securityGroup, 443),
  ],
])('synthesis stops where %s: %s', (_what, code, change) => {
  const made = joined();
  change(made);
  expect(made.codes()).toEqual([code]);
});

test('what synthesis can read, and is a network, is for the user to open', () => {
  const { mesh, member, codes } = joined();
  const own = (mesh.vpc as Vpc).vpcCidrBlock;
  const list = new PrefixList(mesh, 'List', { entries: [{ cidr: '10.0.0.0/8' }, { cidr: '3.5.0.0/16' }] });
  for (const peer of [list.prefixListId, 'pl-12345678'])
    member.securityGroup.addEgressRule(Peer.prefixList(peer), Port.tcp(443));
  outTo(mesh, 'Own', member.securityGroup, own);
  for (const range of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '52.0.0.0/9'])
    outTo(mesh, `Range${range}`, member.securityGroup, range);
  mesh.endpoints!.securityGroup.addIngressRule(Peer.ipv4(own), Port.tcp(443));
  expect(codes()).toEqual([]);
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

function outTo(scope: Construct, id: string, group: ISecurityGroup, cidrIp: string): void {
  new CfnSecurityGroupEgress(scope, id, { groupId: group.securityGroupId, ipProtocol: '-1', cidrIp });
}

function open(group: ISecurityGroup, port: number): void {
  group.addIngressRule(Peer.anyIpv4(), Port.tcp(port));
}
