import {
  CfnInstance,
  CfnSecurityGroupEgress,
  CfnSecurityGroupIngress,
  InterfaceVpcEndpointAwsService,
  InterfaceVpcEndpointService,
  type ISecurityGroup,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { FargateService } from 'aws-cdk-lib/aws-ecs';
import { Reach } from '../../../support/aws/reach.js';
import { templatesOf } from '../../../support/aws/template.js';
import { application } from '../mesh/world.js';
import { egressWorld, type EgressWorld } from './world.js';

/** Every service with its tasks, and where each gets by a connection of its own; what synthesis would refuse is deployed all the same. */
function reach(change: (made: EgressWorld) => void = () => {}): Reach {
  const made = egressWorld();
  const { app, shop, mesh } = made;
  for (const name of ['web', 'payments', 'ledger']) {
    const taskDefinition = application(shop, `${name}Task`);
    const member = mesh.join(name, taskDefinition, { applicationPort: 8080 });
    const { securityGroup } = member;
    member.attach(
      new FargateService(shop, `${name}Service`, {
        cluster: mesh.cluster,
        taskDefinition,
        securityGroups: [securityGroup],
      }),
    );
  }
  change(made);
  return new Reach(templatesOf(app.synth({ skipValidation: true }).directory));
}

const endpoints = ({ mesh }: EgressWorld) => mesh.endpoints!.securityGroup;

const PAYMENTS = ['egress:15006', 'egress:15010', 'endpoints:443', 'ledger:15006'];

test('who leaves without Envoy comes to sidecars that a rule names, to the egress gateway and to endpoints that lead home', () => {
  const made = reach();
  expect(made.from('web')).toEqual(['egress:15010', 'endpoints:443', 'payments:15006']);
  expect(made.from('payments')).toEqual(PAYMENTS);
  expect(made.from('ledger')).toEqual(['endpoints:443']);
  expect(made.from('egress')).toEqual(['endpoints:443', 'outside:443', 'outside:8443']);
});

function put({ shop }: EgressWorld, group: ISecurityGroup): void {
  new CfnInstance(shop, 'Machine', {
    imageId: 'ami-1',
    instanceType: 't3.micro',
    securityGroupIds: [group.securityGroupId],
  });
}

test.each<[string, readonly string[], (made: EgressWorld) => void]>([
  [
    'an endpoint of AWS with a policy for everybody',
    ['open endpoint of sqs:443'],
    (made) =>
      made.vpc.addInterfaceEndpoint('Sqs', {
        service: InterfaceVpcEndpointAwsService.SQS,
        securityGroups: [endpoints(made)],
        open: false,
      }),
  ],
  [
    "an endpoint of a stranger's service",
    ['open endpoint of com.amazonaws.vpce.eu-west-1.vpce-svc-0123:443'],
    (made) =>
      made.vpc.addInterfaceEndpoint('Stranger', {
        service: new InterfaceVpcEndpointService('com.amazonaws.vpce.eu-west-1.vpce-svc-0123', 443),
        securityGroups: [endpoints(made)],
        open: false,
      }),
  ],
  [
    'a machine in the group of the endpoints',
    ['Shop/Machine (AWS::EC2::Instance):443'],
    (made) => put(made, endpoints(made)),
  ],
  [
    'a machine in the group of the egress gateway',
    ['Shop/Machine (AWS::EC2::Instance):15006', 'Shop/Machine (AWS::EC2::Instance):15010'],
    (made) => put(made, made.mesh.network('egress').securityGroup),
  ],
  [
    'a machine in the group of a peer',
    ['Shop/Machine (AWS::EC2::Instance):15006'],
    (made) => put(made, made.mesh.network('ledger').securityGroup),
  ],
  [
    'a rule out to everybody',
    ['outside:443'],
    ({ mesh }) =>
      new CfnSecurityGroupEgress(mesh, 'Rule', {
        groupId: mesh.network('payments').securityGroup.securityGroupId,
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        cidrIp: '0.0.0.0/0',
      }),
  ],
  [
    'both halves of a way to the application of a peer',
    ['web:8080'],
    ({ mesh }) => {
      const [payments, web] = ['payments', 'web'].map(
        (name) => mesh.network(name).securityGroup.securityGroupId,
      );
      const port = { ipProtocol: 'tcp', fromPort: 8080, toPort: 8080 };
      new CfnSecurityGroupEgress(mesh, 'Out', {
        ...port,
        groupId: payments!,
        destinationSecurityGroupId: web!,
      });
      new CfnSecurityGroupIngress(mesh, 'In', { ...port, groupId: web!, sourceSecurityGroupId: payments! });
    },
  ],
  [
    'one half of it, which opens nothing',
    [],
    ({ mesh }) =>
      new CfnSecurityGroupIngress(mesh, 'In', {
        ipProtocol: 'tcp',
        fromPort: 8080,
        toPort: 8080,
        groupId: mesh.network('web').securityGroup.securityGroupId,
        sourceSecurityGroupId: mesh.network('payments').securityGroup.securityGroupId,
      }),
  ],
  [
    'a machine in a group of its own, which nobody is let out to',
    [],
    (made) => {
      const group = new SecurityGroup(made.shop, 'Own', { vpc: made.vpc });
      group.addIngressRule(Peer.anyIpv4(), Port.tcp(443));
      put(made, group);
    },
  ],
])('with %s payments gets to %j as well', (_what, more, change) => {
  expect(reach(change).from('payments')).toEqual([...PAYMENTS, ...more].sort());
});
