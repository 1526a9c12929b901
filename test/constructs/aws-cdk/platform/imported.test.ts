import { Stack } from 'aws-cdk-lib';
import { HttpIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { User } from 'aws-cdk-lib/aws-iam';
import {
  ConstructError,
  IdentityRecord,
  SecurityAlarms,
  ZeroTrustPlatform,
} from 'zero-trust-platform/aws-cdk';
import model from '../../../../examples/aws-cdk-existing/model.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';

test('another app records an identity of a platform that it did not make, and may ask for its certificate', () => {
  const app = testApp();
  const stack = new Stack(app, 'Other', { env: TEST_ENVIRONMENT });
  const registrationArn = 'arn:aws:lambda:eu-central-1:000000000000:function:registration:live';
  const { plan, authority } = ZeroTrustPlatform.fromAttributes(stack, 'Platform', { model, registrationArn });
  const { taskRole } = new FargateTaskDefinition(stack, 'Stock');
  new IdentityRecord(stack, 'Identity', { plan, service: 'stock', role: taskRole });
  authority.grantRegister(taskRole);

  const templates = templatesOf(app.synth().directory);
  const [record] = resourcesOf(templates, 'AWS::SSM::Parameter');
  expect(JSON.stringify(record!.properties['Name'])).toContain('aws.prod.warehouse.example/identities');
  const [policy] = resourcesOf(templates, 'AWS::IAM::Policy');
  expect(policy!.properties['PolicyDocument']).toMatchObject({
    Statement: [{ Action: 'lambda:InvokeFunction', Resource: registrationArn }],
  });
  // Nothing of the platform itself is made here.
  expect(resourcesOf(templates, 'AWS::KMS::Key', 'AWS::Lambda::Function')).toEqual([]);
});

const ARN = 'arn:aws:lambda:eu-central-1:000000000000:function';
const told = {
  model,
  registrationArn: `${ARN}:registration:live`,
  authorizerArn: `${ARN}:authorizer:live`,
  alarmTopicArn: 'arn:aws:sns:eu-central-1:000000000000:alarms',
  revocationBucketName: 'revocations',
  webAclArn: 'arn:aws:wafv2:eu-central-1:000000000000:regional/webacl/list/1a2b',
  vpcLinkId: 'link12',
  clientCertificateId: 'cert12',
  image: ContainerImage.fromRegistry(`images.example/agent@sha256:${'0'.repeat(64)}`),
};

test('in another app a task joins, an API is protected, and alarms go where those of the platform go', () => {
  const app = testApp();
  const stack = new Stack(app, 'Other', { env: TEST_ENVIRONMENT });
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['a', 'b'],
    privateSubnetIds: ['subnet-1', 'subnet-2'],
  });
  const platform = ZeroTrustPlatform.fromAttributes(stack, 'Platform', { ...told, vpc });

  const task = new FargateTaskDefinition(stack, 'Stock', { cpu: 512, memoryLimitMiB: 1024 });
  task.addContainer('app', { image: ContainerImage.fromRegistry('stock'), user: '1000' });
  const member = platform.mesh.join('stock', task, { applicationPort: 8080 });
  const database = new SecurityGroup(stack, 'Database', { vpc, allowAllOutbound: false });
  database.connections.allowFrom(member, Port.tcp(5432));
  expect(platform.mesh.metricCertificateAge('stock').metricName).toBe('CertificateAge-stock');

  const api = new RestApi(stack, 'Api', { cloudWatchRole: false });
  api.root.addMethod('GET', new HttpIntegration('https://stock.example'));
  const { authorizer, firewall, gateway, revocations, alarmTopic: topic } = platform;
  authorizer!.protect(api);
  firewall.protect('Api', api.deploymentStage);
  revocations.grantRead(new User(stack, 'Auditor'));
  new SecurityAlarms(stack, 'Alarms', { topic, authorizer: authorizer!, apis: { stock: api } });
  expect([gateway!.link.vpcLinkId, gateway!.clientCertificateId]).toEqual(['link12', 'cert12']);
  expect(gateway!.metricClientCertificateDaysLeft().metricName).toBe('ClientCertificateDaysLeft');

  const templates = templatesOf(app.synth().directory);
  const only = (type: string) => resourcesOf(templates, type).map(({ properties }) => properties);
  const [definition] = only('AWS::ECS::TaskDefinition');
  const text = JSON.stringify(definition);
  for (const part of ['sidecar', 'ZTP_REVOCATIONS_BUCKET']) expect(text).toContain(part);
  expect(only('AWS::ApiGateway::Method')).toMatchObject([{ AuthorizationType: 'CUSTOM' }]);
  expect(only('AWS::Lambda::Permission')).toMatchObject([{ FunctionName: told.authorizerArn }]);
  expect(only('AWS::ApiGateway::GatewayResponse')).toHaveLength(5);
  expect(only('AWS::WAFv2::WebACLAssociation')).toMatchObject([{ WebACLArn: told.webAclArn }]);
  expect(only('AWS::EC2::SecurityGroupIngress')).toMatchObject([{ FromPort: 5432 }]);
  const alarms = only('AWS::CloudWatch::Alarm');
  expect(alarms.length).toBeGreaterThan(4);
  for (const alarm of alarms) expect(alarm['AlarmActions']).toEqual([told.alarmTopicArn]);
  expect(resourcesOf(templates, 'AWS::KMS::Key', 'AWS::Lambda::Function', 'AWS::SNS::Topic')).toEqual([]);
});

test.each([
  ['mesh', 'vpc'],
  ['authorizer', 'authorizerArn'],
  ['firewall', 'webAclArn'],
  ['gateway', 'vpcLinkId'],
  ['revocations', 'revocationBucketName'],
  ['alarmTopic', 'alarmTopicArn'],
] as const)('%s without %s is an error that names it', (part, prop) => {
  const stack = new Stack(testApp(), 'Other', { env: TEST_ENVIRONMENT });
  const { registrationArn } = told;
  const platform = ZeroTrustPlatform.fromAttributes(stack, 'Platform', { model, registrationArn });
  expect(() => platform[part]).toThrow(ConstructError);
  expect(() => platform[part]).toThrow(prop === 'vpc' ? /revocationBucketName|vpc/ : new RegExp(prop));
});
