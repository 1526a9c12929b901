import { CfnResource, CustomResource, Fn, Stack } from 'aws-cdk-lib';
import { CfnJobDefinition } from 'aws-cdk-lib/aws-batch';
import {
  CfnTaskDefinition,
  ContainerImage,
  Ec2TaskDefinition,
  FargateTaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import { CfnInstanceProfile, Role } from 'aws-cdk-lib/aws-iam';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { IdentityRecord } from '../../../../constructs/aws-cdk/authority/index.js';
import { ENV } from '../support/app.js';
import { application, plan, templateOf, world } from './world.js';

const options = { applicationPort: 8080 };
const image = ContainerImage.fromRegistry('images.example/app');

/** Everything that synthesis says. */
function problems(synth: () => unknown): string {
  try {
    synth();
    return '';
  } catch (error) {
    return String(error);
  }
}

/** Paths of what is said to have a role that it may not have. */
const found = (text: string) =>
  [...text.matchAll(/role-used-elsewhere: .*?found (\S+) of (\S+) \(/g)].map(
    ([, what, where]) => `${what} ${where}`,
  );

/** A member, with all that in one app could have its role. */
const { app, shop, mesh } = world();
const task = application(shop, 'Orders');
const { taskRole } = task;
mesh.join('orders', task, options);
mesh.join('payments', application(shop, 'Payments'), options);

new FargateTaskDefinition(shop, 'SameStack', { taskRole }).addContainer('app', { image });
const elsewhere = new Stack(app, 'Elsewhere', { env: ENV });
new FargateTaskDefinition(elsewhere, 'OtherStack', { taskRole }).addContainer('app', { image });
new Ec2TaskDefinition(shop, 'OnHosts', { executionRole: taskRole });
const low = (id: string, taskRoleArn: string, scope = shop) =>
  new CfnTaskDefinition(scope, id, { taskRoleArn, containerDefinitions: [] });
low('LowLevel', taskRole.roleArn);
low('ByCondition', Fn.conditionIf('Never', taskRole.roleArn, 'x').toString());
const logicalId = shop.getLogicalId((taskRole as Role).node.defaultChild as CfnTaskDefinition);
low('BySub', Fn.sub(`\${${logicalId}.Arn}`));
low('ByName', Fn.sub(`arn:aws:iam::\${AWS::AccountId}:role/\${${logicalId}}`));
low('Overridden', 'arn:aws:iam::111122223333:role/another').addPropertyOverride(
  'TaskRoleArn',
  taskRole.roleArn,
);
new CfnFunction(shop, 'Function', { role: taskRole.roleArn, code: { zipFile: 'x' } });
new CfnInstanceProfile(shop, 'Profile', { roles: [taskRole.roleName] });
new CfnJobDefinition(shop, 'Job', {
  type: 'container',
  containerProperties: { image: 'x', jobRoleArn: taskRole.roleArn },
});
new CfnResource(shop, 'ByType', {
  type: 'AWS::ECS::TaskDefinition',
  properties: { TaskRoleArn: taskRole.roleArn },
});
new CfnStateMachine(shop, 'Machine', {
  roleArn: 'arn:aws:iam::111122223333:role/another',
  definitionString: shop.toJsonString({
    States: { Run: { Parameters: { Overrides: { TaskRoleArn: taskRole.roleArn } } } },
  }),
});
new CfnRule(shop, 'Rule', {
  scheduleExpression: 'rate(1 day)',
  targets: [{ id: 'a', arn: 'arn:aws:ecs:x', input: shop.toJsonString({ taskRoleArn: taskRole.roleArn }) }],
});
const otherRole = 'arn:aws:iam::111122223333:role/another';
const definitionSubstitutions = { who: taskRole.roleArn };
new CfnStateMachine(shop, 'Substituted', {
  roleArn: otherRole,
  definitionString: '{"States":{"Run":{"Parameters":{"Overrides":{"TaskRoleArn":"${who}"}}}}}',
  definitionSubstitutions,
});
new CfnStateMachine(shop, 'InAFile', {
  roleArn: otherRole,
  definitionS3Location: { bucket: 'definitions', key: 'machine.asl.json' },
  definitionSubstitutions,
});
new AwsCustomResource(shop, 'OwnType', {
  resourceType: 'Custom::Migration',
  role: Role.fromRoleArn(shop, 'Caller', otherRole),
  onCreate: {
    service: 'Lambda',
    action: 'createFunction',
    parameters: { Role: taskRole.roleArn },
    physicalResourceId: PhysicalResourceId.of('x'),
  },
});
new CustomResource(shop, 'Custom', {
  resourceType: 'Custom::Job',
  serviceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:x',
  properties: { jobRole: taskRole.roleArn },
});
new CfnRule(shop, 'Transformed', {
  scheduleExpression: 'rate(1 day)',
  targets: [
    {
      id: 'a',
      arn: 'arn:aws:ecs:x',
      inputTransformer: {
        inputTemplate: Fn.join('', ['{"time":<time>,"taskRoleArn":"', taskRole.roleArn, '"}']),
      },
    },
  ],
});
// What has another role, what only speaks of this one, and a role of the same logical ID in another stack.
new CfnFunction(shop, 'Speaks', {
  role: 'arn:aws:iam::111122223333:role/another',
  code: { zipFile: 'x' },
  environment: { variables: { TaskRoleArn: taskRole.roleArn } },
});
const twin = new Stack(app, 'Twin', { env: ENV });
application(twin, 'Orders');

const said = problems(() => app.synth());

test.each([
  ['a Fargate task of the same stack', 'TaskRoleArn Shop/SameStack/Resource'],
  ['one of another stack', 'TaskRoleArn Elsewhere/OtherStack/Resource'],
  ['the execution of a task on hosts, where the host has it', 'ExecutionRoleArn Shop/OnHosts/Resource'],
  ['an L1', 'TaskRoleArn Shop/LowLevel'],
  ['a condition', 'TaskRoleArn Shop/ByCondition'],
  ['Fn::Sub of its ARN', 'TaskRoleArn Shop/BySub'],
  ['an ARN made from its name', 'TaskRoleArn Shop/ByName'],
  ['an override', 'TaskRoleArn Shop/Overridden'],
  ['a function', 'Role Shop/Function'],
  ['machines', 'Roles Shop/Profile'],
  ['a batch job', 'JobRoleArn Shop/Job'],
  ['a resource by the name of its type', 'TaskRoleArn Shop/ByType'],
  ['what a state machine runs a task with', 'TaskRoleArn Shop/Machine'],
  ['what a rule runs a task with', 'taskRoleArn Shop/Rule'],
  ['the same beside a field of the event', 'taskRoleArn Shop/Transformed'],
  ['what is put into a definition', 'TaskRoleArn Shop/Substituted'],
  ['what is put into a file', 'DefinitionSubstitutions Shop/InAFile'],
  ['a call of a type of its own', 'Role Shop/OwnType/Resource/Default'],
  ['a custom resource', 'jobRole Shop/Custom/Default'],
])("the role of a member in %s stops synthesis: it would have the member's identity", (_what, where) => {
  expect(found(said)).toContain(where);
});

test('nothing else is refused: the member itself, who speaks of the role, the same logical ID elsewhere', () => {
  expect(found(said)).toHaveLength(19);
  expect(new Set(found(said).map((where) => where.split(' ')[1]!.split('/')[1]))).not.toContain('Orders');
});

test("the mesh's own points are guarded as well", () => {
  const made = world();
  const { taskDefinition } = made.mesh.keyTunnel!.service;
  new CfnTaskDefinition(made.shop, 'Thief', { taskRoleArn: taskDefinition.taskRole.roleArn });
  expect(found(problems(() => templateOf(made.shop)))).toEqual(['TaskRoleArn Shop/Thief']);
});

test('a role by its literal name is the same role, also one that another app made', () => {
  const made = world();
  const imported = Role.fromRoleName(made.shop, 'Imported', 'theirs');
  const importedRole = { roleId: 'AROAEXAMPLEEXAMPLE', reason: 'a test', expires: '2099-01-01' };
  const member = new FargateTaskDefinition(made.shop, 'Orders', { taskRole: imported });
  member.addContainer('app', { image });
  made.mesh.join('orders', member, { ...options, importedRole });
  low('Same', `arn:aws:iam::${ENV.account}:role/service/theirs`, made.shop);
  low('Other', `arn:aws:iam::${ENV.account}:role/not-theirs`, made.shop);
  expect(found(problems(() => made.app.synth()))).toEqual(['TaskRoleArn Shop/Same']);
});

test('a record that stands apart from its task definition has one of them', () => {
  const made = world();
  const first = application(made.shop, 'First');
  new IdentityRecord(made.shop, 'Identity', { plan, service: 'orders', role: first.taskRole });
  expect(problems(() => made.app.synth())).toBe('');
  const second = world();
  const { taskRole: role } = application(second.shop, 'First');
  new IdentityRecord(second.shop, 'Identity', { plan, service: 'orders', role });
  low('Second', role.roleArn, second.shop);
  expect(found(problems(() => second.app.synth()))).toEqual(['TaskRoleArn Shop/Second']);
});
