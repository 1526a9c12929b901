import {
  CfnSecurityGroupIngress,
  type CfnSecurityGroup,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { type CfnService, type CfnTaskDefinition, FargateService } from 'aws-cdk-lib/aws-ecs';
import { EgressGateway } from '../../../../constructs/aws-cdk/egress/index.js';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { application, world } from '../mesh/world.js';
import { codes, egressWorld, type EgressWorld, withoutGateway } from './world.js';

const group = ({ mesh }: EgressWorld) => mesh.network('egress').securityGroup;
const resourceOf = (made: EgressWorld) => group(made).node.defaultChild as CfnSecurityGroup;

/** What somebody does elsewhere in the app that opens the gateway, or leads around it. */
const OPENINGS: readonly (readonly [what: string, code: string, change: (made: EgressWorld) => void])[] = [
  [
    'a way in for everybody',
    'egress-group-opened',
    (made) => group(made).addIngressRule(Peer.ipv4('10.0.0.0/16'), Port.tcp(15_006)),
  ],
  [
    'a way in to its health, for a group',
    'egress-group-opened',
    (made) => {
      const friend = new SecurityGroup(made.shop, 'Friend', { vpc: made.vpc });
      new CfnSecurityGroupIngress(made.mesh, 'Rule', {
        groupId: group(made).securityGroupId,
        ipProtocol: 'tcp',
        fromPort: 15_021,
        toPort: 15_021,
        sourceSecurityGroupId: friend.securityGroupId,
      });
    },
  ],
  [
    'a port out that is of no host of the model',
    'egress-group-opened',
    (made) => group(made).addEgressRule(Peer.anyIpv4(), Port.tcp(22)),
  ],
  [
    'a range of ports out',
    'egress-group-opened',
    (made) => group(made).addEgressRule(Peer.anyIpv4(), Port.tcpRange(443, 8443)),
  ],
  [
    'every port out',
    'egress-group-opened',
    (made) => group(made).addEgressRule(Peer.anyIpv4(), Port.allTcp()),
  ],
  [
    'an override of its rules',
    'egress-group-opened',
    (made) =>
      resourceOf(made).addPropertyOverride('SecurityGroupEgress.0', {
        IpProtocol: '-1',
        CidrIp: '0.0.0.0/0',
      }),
  ],
  [
    'another command of its agent',
    'sidecar-changed',
    ({ egress }) =>
      (egress.taskDefinition.node.defaultChild as CfnTaskDefinition).addPropertyOverride(
        'ContainerDefinitions.0.Command',
        ['sh'],
      ),
  ],
  [
    'a public address of its tasks',
    'public-address',
    ({ egress }) =>
      (egress.service.node.tryFindChild('Service') as CfnService).addPropertyOverride(
        'NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp',
        'ENABLED',
      ),
  ],
  [
    'another group of its tasks',
    'not-attached',
    ({ egress, shop, vpc }) =>
      (egress.service.node.tryFindChild('Service') as CfnService).addPropertyOverride(
        'NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.1',
        shop.resolve(new SecurityGroup(shop, 'Wide', { vpc }).securityGroupId),
      ),
  ],
  ...(['0.0.0.0/0', '128.0.0.0/1', '0.0.0.0/1'] as const).map(
    (range) =>
      [
        `a workload's own way out to ${range}`,
        'member-group-opened',
        ({ shop, mesh }: EgressWorld) => {
          const taskDefinition = application(shop, 'Payments');
          const member = mesh.join('payments', taskDefinition, { applicationPort: 8080 });
          member.attach(new FargateService(shop, 'Service', { cluster: mesh.cluster, taskDefinition }));
          member.securityGroup.addEgressRule(Peer.ipv4(range), Port.tcp(443));
        },
      ] as const,
  ),
];

test.each(OPENINGS)('%s stops synthesis: %s', (_what, code, change) => {
  const made = egressWorld();
  change(made);
  expect(codes(made)).toContain(code);
});

test('nothing is wrong with it as it is made, nor with sizes that are overridden', () => {
  const made = egressWorld();
  const task = made.egress.taskDefinition.node.defaultChild as CfnTaskDefinition;
  task.addPropertyOverride('ContainerDefinitions.0.StopTimeout', 60);
  expect(codes(made)).toEqual([]);
});

test('a mesh with ways out and nobody who leads them stops synthesis', () => {
  const made = withoutGateway();
  const found = made.mesh.node.validate().join();
  expect(found).toMatch(/no-egress-gateway: .*api\.bank\.example, mail\.example.*EgressGateway/);
});

/** The code of the error that this ends in. */
function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    return (error as ConstructError).code;
  }
  return 'none';
}

test.each<[string, string, () => unknown]>([
  [
    'a gateway of a model without ways out',
    'no-egress',
    () => {
      const { platform, mesh } = world();
      new EgressGateway(platform, 'Egress', { mesh });
    },
  ],
  ['public subnets', 'public-subnets', () => egressWorld({ subnets: { subnetType: SubnetType.PUBLIC } })],
  ['one task', 'out-of-range', () => egressWorld({ minTasks: 1 })],
  ['a size that Fargate does not have', 'no-fargate-size', () => egressWorld({ cpu: 1024, memoryMiB: 512 })],
  ['the size of a key tunnel that is not there', 'no-key-tunnel', () => egressWorld({}, { tunnelTasks: 3 })],
  [
    'a network without a way out',
    'no-egress-subnets',
    () => {
      const { platform } = world();
      const vpc = Vpc.fromVpcAttributes(platform, 'Isolated', {
        vpcId: 'vpc-1',
        availabilityZones: ['eu-west-1a', 'eu-west-1b'],
        isolatedSubnetIds: ['subnet-1', 'subnet-2'],
      });
      egressWorld({}, { vpc });
    },
  ],
  [
    'two gateways',
    'egress-twice',
    () => {
      const { platform, mesh } = egressWorld();
      new EgressGateway(platform, 'Again', { mesh });
    },
  ],
])('%s ends in an error', (_what, code, make) => {
  expect(codeOf(make)).toBe(code);
});
