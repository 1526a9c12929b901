import { Fn, Stack, Token } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  CfnService,
  CfnTaskSet,
  Cluster,
  ContainerImage,
  FargateTaskDefinition,
  type TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import { CfnRule, EventField, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { EcsTask, type EcsTaskProps } from 'aws-cdk-lib/aws-events-targets';
import { Role } from 'aws-cdk-lib/aws-iam';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import {
  CfnStateMachine,
  DefinitionBody,
  IntegrationPattern,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { EcsFargateLaunchTarget, EcsRunTask } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { ENV } from '../support/app.js';
import { application, world } from './world.js';

const { app, shop, vpc, mesh } = world();
const task = application(shop, 'Orders');
const container = task.defaultContainer!;
const member = mesh.join('orders', task, { applicationPort: 8080 });
const arn = task.taskDefinitionArn;
const cluster = new Cluster(shop, 'Cluster', { vpc });
const foreign = new SecurityGroup(shop, 'Foreign', { vpc });
const own = member.securityGroup.securityGroupId;
const vpcOf = (securityGroups: string[], assignPublicIp?: string) => ({
  awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups, ...(assignPublicIp && { assignPublicIp }) },
});
const role = 'arn:aws:iam::111122223333:role/runner';
const runTask = (parameters: object) =>
  shop.toJsonString({
    StartAt: 'Run',
    States: {
      Run: { Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask.sync', Parameters: parameters, End: true },
    },
  });
const network = (groups: string[]) => ({
  AwsvpcConfiguration: { Subnets: ['subnet-1'], SecurityGroups: groups },
});
const machine = (id: string, parameters: object, scope = shop) =>
  new CfnStateMachine(scope, id, { roleArn: role, definitionString: runTask(parameters) });
const schedule = (id: string, groups: string[], input?: string) =>
  new CfnSchedule(shop, id, {
    flexibleTimeWindow: { mode: 'OFF' },
    scheduleExpression: 'rate(1 day)',
    target: {
      arn: cluster.clusterArn,
      roleArn: role,
      ecsParameters: { taskDefinitionArn: arn, networkConfiguration: vpcOf(groups) },
      ...(input !== undefined && { input }),
    },
  });
const rule = (
  id: string,
  taskDefinition: TaskDefinition,
  groups: SecurityGroup[] | undefined,
  scope = shop,
) =>
  new Rule(scope, id, {
    schedule: Schedule.cron({}),
    targets: [new EcsTask({ cluster, taskDefinition, ...(groups && { securityGroups: groups }) })],
  });

// What gives other groups.
new CfnService(shop, 'Bare', { taskDefinition: arn, networkConfiguration: vpcOf([foreign.securityGroupId]) });
new CfnService(shop, 'NoNetwork', { taskDefinition: arn });
new CfnService(shop, 'Both', {
  taskDefinition: arn,
  networkConfiguration: vpcOf([own, foreign.securityGroupId]),
});
new CfnTaskSet(shop, 'Set', {
  cluster: 'c',
  service: 's',
  taskDefinition: arn,
  networkConfiguration: { awsVpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
});
rule('Scheduled', task, undefined);
schedule('Later', ['sg-1']);
new CfnPipe(shop, 'Pipe', {
  roleArn: role,
  source: 'arn:aws:sqs:eu-west-1:111122223333:queue',
  target: cluster.clusterArn,
  targetParameters: {
    ecsTaskParameters: {
      taskDefinitionArn: arn,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } },
    },
  },
});
machine('Machine', { TaskDefinition: arn, NetworkConfiguration: network(['sg-1']) });
machine('Timed', {
  TaskDefinition: arn,
  NetworkConfiguration: network(['sg-1']),
  TimeoutSeconds: Token.asNumber(Fn.ref('Seconds')),
});
machine('ByFamily', { TaskDefinition: task.family, NetworkConfiguration: network(['sg-1']) });
new StateMachine(shop, 'ByL2', {
  definitionBody: DefinitionBody.fromChainable(
    new EcsRunTask(shop, 'Step', {
      cluster,
      taskDefinition: task,
      launchTarget: new EcsFargateLaunchTarget(),
      integrationPattern: IntegrationPattern.RUN_JOB,
    }),
  ),
});
new AwsCustomResource(shop, 'Call', {
  onCreate: {
    service: 'ECS',
    action: 'runTask',
    parameters: { taskDefinition: arn, networkConfiguration: vpcOf(['sg-1']) },
    physicalResourceId: PhysicalResourceId.of('x'),
  },
  policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: ['*'] }),
});
new AwsCustomResource(shop, 'LastCall', {
  onDelete: {
    service: 'ECS',
    action: 'runTask',
    parameters: { taskDefinition: arn, networkConfiguration: vpcOf(['sg-1']) },
  },
  policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: ['*'] }),
});
new AwsCustomResource(shop, 'OwnType', {
  resourceType: 'Custom::Migration',
  onCreate: {
    service: 'ECS',
    action: 'runTask',
    parameters: { taskDefinition: arn, networkConfiguration: vpcOf(['sg-1']) },
    physicalResourceId: PhysicalResourceId.of('x'),
  },
  policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: ['*'] }),
});
const substituted = (id: string, group: string) =>
  new CfnStateMachine(shop, id, {
    roleArn: role,
    definitionString: runTask({
      TaskDefinition: '${task}',
      NetworkConfiguration: network(['${group}']),
      TimeoutSeconds: 60,
    }).replace('60', '${seconds}'),
    definitionSubstitutions: { task: arn, group, seconds: '60' },
  });
substituted('Substituted', 'sg-1');
new CfnStateMachine(shop, 'AsObject', {
  roleArn: role,
  definition: { States: { Run: { Parameters: { TaskDefinition: '${task}' } } } },
  definitionSubstitutions: { task: arn },
});
new CfnStateMachine(shop, 'InAFile', {
  roleArn: role,
  definitionS3Location: { bucket: 'definitions', key: 'machine.asl.json' },
  definitionSubstitutions: { task: arn },
});
new CfnStateMachine(shop, 'BySub', {
  roleArn: role,
  definitionString: Fn.sub('{"TaskDefinition":"${Task}"}', { Task: arn }),
});
const elsewhere = new Stack(app, 'Elsewhere', { env: ENV });
machine('OtherStack', { TaskDefinition: arn, NetworkConfiguration: network(['sg-1']) }, elsewhere);
// With the right group, and something else that is wrong.
new CfnService(shop, 'Public', { taskDefinition: arn, networkConfiguration: vpcOf([own], 'ENABLED') });
new CfnService(shop, 'MaybePublic', {
  taskDefinition: arn,
  networkConfiguration: vpcOf([own], Fn.ref('Ip')),
});
new CfnService(shop, 'Overridden', {
  taskDefinition: arn,
  networkConfiguration: vpcOf([own]),
}).addPropertyOverride('NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp', 'ENABLED');
const right = { TaskDefinition: arn, NetworkConfiguration: network([own]) };
machine('OtherRole', { ...right, Overrides: { TaskRoleArn: role } });
machine('OtherSidecar', {
  ...right,
  Overrides: { ContainerOverrides: [{ Name: 'sidecar', Command: ['sh'] }] },
});
machine('AnySidecar', { ...right, Overrides: { ContainerOverrides: [{ 'Name.$': '$.name' }] } });
machine('AnyOverride', { ...right, 'Overrides.$': '$.overrides' });
schedule('InputRole', [own], JSON.stringify({ taskRoleArn: role }));
schedule(
  'InputSidecar',
  [own],
  shop.toJsonString({ containerOverrides: [{ name: 'sidecar', environment: [] }] }),
);
new CfnRule(shop, 'Transformed', {
  scheduleExpression: 'rate(1 day)',
  targets: [
    {
      id: 'x',
      arn: cluster.clusterArn,
      ecsParameters: {
        taskDefinitionArn: arn,
        networkConfiguration: { awsVpcConfiguration: { subnets: ['s'], securityGroups: [own] } },
      },
      inputTransformer: { inputTemplate: '{"containerOverrides": <overrides>}' },
    },
  ],
});
const fromEvent = (id: string, overrides: EcsTaskProps['containerOverrides']) =>
  new Rule(shop, id, {
    eventPattern: { source: ['shop'] },
    targets: [
      new EcsTask({
        cluster,
        taskDefinition: task,
        securityGroups: [member.securityGroup as SecurityGroup],
        containerOverrides: overrides!,
      }),
    ],
  });
const field = EventField.fromPath('$.detail.key');
const told = (value: string) => [{ name: 'KEY', value }];
fromEvent('PartOfAText', [{ containerName: 'app', environment: told(`object ${field}`) }]);
fromEvent('AnyContainer', [{ containerName: field, environment: told('x') }]);
fromEvent('FieldToSidecar', [{ containerName: 'sidecar', environment: told(field) }]);
new Rule(shop, 'RoleByTarget', {
  eventPattern: { source: ['shop'] },
  targets: [
    new EcsTask({
      cluster,
      taskDefinition: task,
      securityGroups: [member.securityGroup as SecurityGroup],
      taskRole: Role.fromRoleArn(shop, 'Other', 'arn:aws:iam::111122223333:role/other'),
    }),
  ],
});
// What is right.
fromEvent('FieldOfTheEvent', [{ containerName: 'app', environment: told(field), command: ['run', field] }]);
substituted('SubstitutedFine', own);
new CfnService(shop, 'Fine', { taskDefinition: arn, networkConfiguration: vpcOf([own], 'DISABLED') });
machine('FineMachine', {
  ...right,
  Overrides: { ContainerOverrides: [{ Name: container.containerName, 'Command.$': '$.command' }] },
});
schedule('FineSchedule', [own], JSON.stringify({ containerOverrides: [{ name: 'app', command: ['once'] }] }));
rule('FineRule', task, [member.securityGroup as SecurityGroup]);
const stranger = new FargateTaskDefinition(shop, 'Stranger');
stranger.addContainer('app', { image: ContainerImage.fromRegistry('images.example/app') });
rule('OfAnotherTask', stranger, undefined);

let said = '';
beforeAll(() => {
  try {
    app.synth();
  } catch (error) {
    said = String(error);
  }
});
const at = (code: string) =>
  [...said.matchAll(new RegExp(`${code}: .*?found (?:Shop|Elsewhere)/([^ /,]+)`, 'g'))]
    .map(([, name]) => name)
    .toSorted((one, other) => one!.localeCompare(other!));

test('whatever runs a task of a member gives it the group of the member, and no other', () => {
  expect(at('not-attached')).toEqual(
    [
      'AsObject',
      'Bare',
      'Both',
      'ByFamily',
      'ByL2',
      'BySub',
      'Call',
      'InAFile',
      'LastCall',
      'Later',
      'Machine',
      'NoNetwork',
      'OtherStack',
      'OwnType',
      'Pipe',
      'Scheduled',
      'Set',
      'Substituted',
      'Timed',
    ].sort(),
  );
});

test('and no public address, not even one that only the deployment knows', () => {
  expect(at('public-address')).toEqual(['MaybePublic', 'Overridden', 'Public']);
});

test('and neither another role nor another sidecar, by literal overrides', () => {
  expect(at('task-overridden')).toEqual(
    [
      'AnyContainer',
      'AnyOverride',
      'AnySidecar',
      'FieldToSidecar',
      'InputRole',
      'InputSidecar',
      'OtherRole',
      'OtherSidecar',
      'PartOfAText',
      'RoleByTarget',
      'Transformed',
    ].sort(),
  );
});
