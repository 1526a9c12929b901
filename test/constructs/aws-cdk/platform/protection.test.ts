import { Stack } from 'aws-cdk-lib';
import { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { ZeroTrustPlatform } from 'zero-trust-platform/aws-cdk';
import { allow, anyone, defineZeroTrust, http } from 'zero-trust-platform';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition: unknown;
}

const app = testApp();
const stack = new Stack(app, 'Protected', { env: TEST_ENVIRONMENT });
const platform = new ZeroTrustPlatform(stack, 'ZeroTrust', {
  model: defineZeroTrust({
    trustDomain: 'protected.example',
    environment: 'test',
    identity: { providers: {} },
    services: { web: http({ host: 'www.protected.example' }) },
    access: [
      allow(anyone()).to('web', 'GET /'),
      allow(anyone()).to('web', 'GET /emergency').named('break-glass-door'),
    ],
  }),
  mesh: { unjoined: ['web'] },
  gateway: { unverifiedCertificate: { reason: 'a test', expires: '2099-01-01' } },
});
const templates = templatesOf(app.synth().directory);
const statements = platform.protectionStatements(['arn:aws:iam::*:role/cdk-*']);
const { Statement } = stack.resolve(new PolicyDocument({ statements })) as { Statement: Statement[] };

test('each denies, and to all but the deployers', () => {
  for (const { Effect, Condition } of Statement) {
    expect(Effect).toBe('Deny');
    expect(Condition).toEqual({ ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::*:role/cdk-*'] } });
  }
  expect(Statement.map(({ Sid }) => Sid)).toEqual([
    'AuthorityCode',
    'AuthorityRoles',
    'IdentityRecords',
    'AuthorityBucket',
    'AuthorityKeys',
    'TaskRoles',
    'ConfigurationBucket',
    'ConfigurationWriterCode',
    'ConfigurationWriterRoles',
    'PlanRecord',
    'RevocationBucket',
    'RevocationWriterCode',
    'RevocationWriterRoles',
    'AuthorizerCode',
    'AuthorizerRoles',
    'Firewall',
    'FirewallAssociations',
    'WaysToTheGateway',
    'GatewayCertificatesAndLink',
    'CertificateReaderCode',
    'CertificateReaderRoles',
    'LogArchive',
    'LogArchiveLock',
    'LogArchiveKey',
    'LogArchiveStreams',
    'LogArchiveRoles',
    'AuditTrail',
  ]);
});

test('every bucket of the platform that names who may write it keeps its policy', () => {
  const guarded = resourcesOf(templates, 'AWS::S3::BucketPolicy')
    .filter(({ properties }) => JSON.stringify(properties).includes('"aws:PrincipalArn"'))
    .map(({ properties }) => (properties['Bucket'] as { Ref: string }).Ref);
  expect(guarded).toHaveLength(4);
  const kept = Statement.filter(({ Action }) => Action.includes('s3:PutBucketPolicy'));
  for (const id of guarded) expect(JSON.stringify(kept)).toContain(id);
});

test('every function of the platform keeps its code, and every role of one its rights and its trust', () => {
  const named = (action: string) =>
    JSON.stringify(Statement.filter(({ Action }) => [Action].flat().includes(action)));
  const ids = (type: string) => resourcesOf(templates, type).map(({ at }) => /\/(\w+) \(/.exec(at)![1]!);
  const functions = ids('AWS::Lambda::Function');
  expect(functions).toHaveLength(6);
  for (const id of functions) expect(named('lambda:UpdateFunctionCode')).toContain(id);
  // An execution role is Amazon ECS's own to use, and that of flow logs writes those.
  const roles = ids('AWS::IAM::Role').filter((id) => !/ExecutionRole|ApiGatewayLogging|VpcFlows/.test(id));
  expect(roles).toHaveLength(11);
  for (const id of roles) expect(named('iam:UpdateAssumeRolePolicy')).toContain(id);
});

test('every use of a rule whose name begins with break-glass sounds an alarm, by the log of its service', () => {
  const filters = resourcesOf(templates, 'AWS::Logs::MetricFilter').map(({ properties }) => properties);
  expect(filters).toContainEqual({
    FilterPattern: '{ $.rule = "break-glass-door" && $.decision = "allow" }',
    LogGroupName: { Ref: expect.stringContaining('ServicesWebMeshNetworkLog') },
    MetricTransformations: [
      expect.objectContaining({ MetricName: 'RuleUsed-break-glass-door', MetricValue: '1' }),
    ],
  });
  const alarms = resourcesOf(templates, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties);
  expect(alarms).toContainEqual(
    expect.objectContaining({
      MetricName: 'RuleUsed-break-glass-door',
      Threshold: 1,
      Statistic: 'Sum',
      AlarmActions: [expect.anything()],
    }),
  );
});
