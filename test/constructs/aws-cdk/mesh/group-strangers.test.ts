import { CfnResource, CfnStack, NestedStack } from 'aws-cdk-lib';
import {
  CfnInstance,
  type CfnSecurityGroup,
  CfnSecurityGroupIngress,
  CfnVPCEndpoint,
  InterfaceVpcEndpointAwsService,
  InterfaceVpcEndpointService,
  type ISecurityGroup,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import type { TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { egressWorld, type EgressWorld } from '../egress/world.js';
import { application } from './world.js';

/** What synthesis says of strangers. */
function strangersOf({ app, mesh }: EgressWorld): string[] {
  try {
    app.synth();
  } catch {
    // Of what it says only the mesh's is asked.
  }
  return mesh.node.validate().filter((text) => text.startsWith('stranger-in-group'));
}

const endpoints = ({ mesh }: EgressWorld) => mesh.endpoints!.securityGroup;
const egress = ({ mesh }: EgressWorld) => mesh.network('egress').securityGroup;

function machine({ shop }: EgressWorld, id: string): void {
  new CfnInstance(shop, 'Machine', { imageId: 'ami-1', instanceType: 't3.micro', securityGroupIds: [id] });
}

/** A function in a network, and one that is told of a group. */
function lambda({ shop, vpc }: EgressWorld, group: ISecurityGroup, told = ''): LambdaFunction {
  return new LambdaFunction(shop, 'Function', {
    code: Code.fromInline('exports.handler = () => {}'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    vpc,
    securityGroups: [group],
    environment: { GROUP: told },
  });
}

test.each<[string, string, (made: EgressWorld) => void]>([
  [
    'an endpoint of AWS with a policy for everybody',
    'endpoints',
    (made) =>
      made.vpc.addInterfaceEndpoint('Sqs', {
        service: InterfaceVpcEndpointAwsService.SQS,
        securityGroups: [endpoints(made)],
        open: false,
      }),
  ],
  [
    "an endpoint of a stranger's service",
    'endpoints',
    (made) =>
      made.vpc.addInterfaceEndpoint('Stranger', {
        service: new InterfaceVpcEndpointService('com.amazonaws.vpce.eu-west-1.vpce-svc-0123', 443),
        securityGroups: [endpoints(made)],
        open: false,
      }),
  ],
  [
    'a machine in the group of the endpoints',
    'endpoints',
    (made) => machine(made, endpoints(made).securityGroupId),
  ],
  [
    'a machine in the group of the egress gateway',
    'egress',
    (made) => machine(made, egress(made).securityGroupId),
  ],
  [
    'a machine that says the group by its Ref',
    'egress',
    (made) => machine(made, (egress(made).node.defaultChild as CfnSecurityGroup).ref),
  ],
  [
    'a function in the group of a peer',
    'ledger',
    (made) => lambda(made, made.mesh.network('ledger').securityGroup),
  ],
  [
    'a nested stack of another template',
    'egress',
    (made) =>
      new CfnStack(made.shop, 'Nested', {
        templateUrl: 'https://templates.example/template.json',
        parameters: { Group: egress(made).securityGroupId },
      }),
  ],
  [
    'what nobody here has heard of',
    'web',
    (made) =>
      new CfnResource(made.shop, 'New', {
        type: 'AWS::Newest::Thing',
        properties: { Net: { SecurityGroups: [made.mesh.network('web').securityGroup.securityGroupId] } },
      }),
  ],
  [
    'an override',
    'endpoints',
    (made) => {
      const group = new SecurityGroup(made.platform, 'Own', { vpc: made.vpc });
      const endpoint = new CfnVPCEndpoint(made.platform, 'Endpoint', {
        vpcId: made.vpc.vpcId,
        serviceName: 'com.amazonaws.eu-west-1.sqs',
        vpcEndpointType: 'Interface',
        securityGroupIds: [group.securityGroupId],
      });
      endpoint.addPropertyOverride('SecurityGroupIds', [
        made.platform.resolve(endpoints(made).securityGroupId),
      ]);
    },
  ],
])('%s stops synthesis, for workloads would be led there', (_what, name, put) => {
  const made = egressWorld();
  put(made);
  const found = strangersOf(made);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`the security group of ${name},`);
});

test('endpoints that the mesh makes, schedules of its tasks and groups of their own are no strangers', () => {
  const made = egressWorld();
  const { mesh, platform, shop, vpc } = made;
  mesh.endpoints!.add('Sqs', InterfaceVpcEndpointAwsService.SQS);
  const taskDefinition = application(platform, 'Payments');
  const { securityGroup } = mesh.join('payments', taskDefinition, { applicationPort: 8080 });
  new CfnSchedule(platform, 'Nightly', {
    flexibleTimeWindow: { mode: 'OFF' },
    scheduleExpression: 'rate(1 day)',
    target: {
      arn: mesh.cluster.clusterArn,
      roleArn: 'arn:aws:iam::111122223333:role/scheduler',
      ecsParameters: {
        taskDefinitionArn: taskDefinition.taskDefinitionArn,
        networkConfiguration: {
          awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: [securityGroup.securityGroupId] },
        },
      },
    },
  });
  // A nested stack of the app may take the group as a parameter: what is in it is seen.
  new CfnSecurityGroupIngress(new NestedStack(platform, 'Nested'), 'FromPayments', {
    groupId: 'sg-1',
    ipProtocol: 'tcp',
    sourceSecurityGroupId: securityGroup.securityGroupId,
  });
  // One that starts tasks is told in which group.
  lambda(made, new SecurityGroup(shop, 'Own', { vpc }), securityGroup.securityGroupId);
  expect(strangersOf(made)).toEqual([]);
});

describe('what runs a task of a member, and another task', () => {
  /** A rule with two targets: the member's task in its group, and a second one. */
  const rule = (second: 'in the same group' | 'in a group of its own' | 'of the member') => {
    const made = egressWorld();
    const { mesh, platform, vpc } = made;
    const taskDefinition = application(platform, 'Payments');
    const { securityGroup } = mesh.join('payments', taskDefinition, { applicationPort: 8080 });
    const own = new SecurityGroup(platform, 'Own', { vpc });
    const other = application(platform, 'Other');
    const target = (id: string, task: TaskDefinition, group: ISecurityGroup) => ({
      id,
      arn: mesh.cluster.clusterArn,
      roleArn: 'arn:aws:iam::111122223333:role/events',
      ecsParameters: {
        taskDefinitionArn: task.taskDefinitionArn,
        networkConfiguration: {
          awsVpcConfiguration: { subnets: ['subnet-1'], securityGroups: [group.securityGroupId] },
        },
      },
    });
    new CfnRule(platform, 'Nightly', {
      scheduleExpression: 'rate(1 day)',
      targets: [
        target('First', taskDefinition, securityGroup),
        target(
          'Second',
          second === 'of the member' ? taskDefinition : other,
          second === 'in a group of its own' ? own : securityGroup,
        ),
      ],
    });
    return strangersOf(made);
  };

  test('may not run that in the group of the member', () => {
    const found = rule('in the same group');
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('the security group of payments,');
    expect(found[0]).toContain('Platform/Nightly');
  });

  test('but in a group of its own, and the member twice', () => {
    expect([...rule('in a group of its own'), ...rule('of the member')]).toEqual([]);
  });
});
