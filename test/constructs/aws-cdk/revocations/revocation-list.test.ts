import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ConfigurationStore } from '../../../../constructs/aws-cdk/mesh/configuration-store.js';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { RevocationList } from '../../../../constructs/aws-cdk/revocations/index.js';
import { ENV } from '../support/app.js';
import { application, container, environment, plan, templateOf, world } from '../mesh/world.js';

const OBJECT = Match.objectLike({ 'Fn::Join': ['', Match.arrayWith(['/revocations.json'])] });

function list() {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Platform', { env: ENV });
  return { stack, list: new RevocationList(stack, 'Revocations', { plan }) };
}

/** The statements of the bucket's policy, by their names. */
function denials(stack: Stack): Record<string, { Effect: string; Action: unknown; Condition?: object }> {
  const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::S3::BucketPolicy'));
  const { Statement } = (policy as { Properties: { PolicyDocument: { Statement: { Sid?: string }[] } } })
    .Properties.PolicyDocument;
  return Object.fromEntries(Statement.map((statement) => [statement.Sid ?? '', statement])) as never;
}

test('only roles that were granted to write, on condition of what is there, and nobody deletes', () => {
  const { stack, list: made } = list();
  const role = new Role(stack, 'OnDuty', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  made.grantRevoke(role);
  const { OnlyPublishersWrite, OnConditionAlone, NobodyDeletes, NobodyReplicates } = denials(stack);
  const writers = OnlyPublishersWrite?.Condition as { ArnNotEquals: { 'aws:PrincipalArn': unknown[] } };
  // The function that writes the first document, and the role on duty.
  expect(writers.ArnNotEquals['aws:PrincipalArn']).toHaveLength(2);
  expect(OnlyPublishersWrite).toMatchObject({ Effect: 'Deny', Action: 's3:PutObject' });
  expect(NobodyReplicates).toMatchObject({
    Effect: 'Deny',
    Action: ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'],
  });
  expect(NobodyReplicates).not.toHaveProperty('Condition');
  expect(OnConditionAlone).toMatchObject({
    Effect: 'Deny',
    Action: 's3:PutObject',
    Condition: { Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' } },
  });
  expect(NobodyDeletes).toMatchObject({
    Effect: 'Deny',
    Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  });
  expect(NobodyDeletes).not.toHaveProperty('Condition');
});

test.each<[string, (stack: Stack, bucketEncryptionKey: Key) => unknown]>([
  [
    'the list',
    (stack, bucketEncryptionKey) => new RevocationList(stack, 'List', { plan, bucketEncryptionKey }),
  ],
  [
    'the store of configurations',
    (stack, bucketEncryptionKey) =>
      new ConfigurationStore(stack, 'Store', {
        plan,
        configurations: {},
        logGroup: new LogGroup(stack, 'Log'),
        bucketEncryptionKey,
      }),
  ],
])(
  '%s is encrypted by a key of the user, which everybody of the account may use through S3 alone',
  (_, make) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Platform', { env: ENV });
    make(stack, new Key(stack, 'Own'));
    const template = Template.fromStack(stack);
    const arn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Own'), 'Arn'] };
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn },
          },
        ],
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Principal: { AWS: '*' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Resource: '*',
            Condition: {
              StringEquals: {
                'kms:CallerAccount': ENV.account,
                'kms:ViaService': Match.anyValue(),
              },
            },
          },
        ]),
      },
    });
  },
);

test('every write and deletion sounds an alarm', () => {
  const { stack } = list();
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::S3::Bucket', {
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    VersioningConfiguration: { Status: 'Enabled' },
  });
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created', 'Object Deleted'],
      detail: Match.objectLike({ object: { key: ['revocations.json'] } }),
    },
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'TriggeredRules', Threshold: 1 });
});

test('a task reads that one object, and is told where it is; the key tunnel is not', () => {
  const app = new App({ analyticsReporting: false });
  const platform = new Stack(app, 'Lists', { env: ENV });
  const revocations = RevocationList.fromBucketName(platform, 'List', 'shop-revocations');
  const made = world({ revocations, revocationOutageSeconds: 120 });
  made.mesh.join('orders', application(made.shop), { applicationPort: 8080 });
  const shop = templateOf(made.shop);
  const told = environment(container(shop, 'sidecar'));
  expect(told).toMatchObject({
    ZTP_REVOCATIONS_BUCKET: 'shop-revocations',
    ZTP_REVOCATIONS_KEY: 'revocations.json',
    ZTP_REVOCATIONS_OUTAGE: '120',
  });
  shop.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Sid: 'Revocations',
          Action: 's3:GetObject',
          Resource: { 'Fn::Join': ['', Match.arrayWith([':s3:::shop-revocations/revocations.json'])] },
        }),
      ]),
    },
  });
  const tunnel = templateOf(made.platform);
  expect(environment(container(tunnel, 'key-tunnel'))).not.toHaveProperty('ZTP_REVOCATIONS_KEY');
  expect(JSON.stringify(tunnel.findResources('AWS::IAM::Policy'))).not.toContain('revocations.json');
});

test('without a list a task is told of none, and none is made', () => {
  const made = world();
  made.mesh.join('orders', application(made.shop), { applicationPort: 8080 });
  const told = environment(container(templateOf(made.shop), 'sidecar'));
  expect(Object.keys(told).filter((name) => name.startsWith('ZTP_REVOCATIONS'))).toEqual([]);
});

test.each([0, 30, 86_401])('%d seconds without an answer are no choice', (revocationOutageSeconds) => {
  expect(() => world({ revocationOutageSeconds })).toThrow(
    expect.objectContaining({ code: 'out-of-range' }) as Error,
  );
});

test('an authorizer reads the same object, and nothing else of it', () => {
  const { stack, list: revocations } = list();
  const authorizer = new TokenAuthorizer(stack, 'Authorizer', {
    plan,
    apis: [
      {
        service: 'web',
        api: RestApi.fromRestApiId(stack, 'Api', 'api1234567'),
        protectedElsewhere: { reason: 'a test', expires: '2099-01-01' },
      },
    ],
    revocations,
  });
  expect(authorizer.data.revocation.store).toEqual({
    kind: 's3',
    bucket: { ref: 'revocations/bucket' },
    key: 'revocations.json',
  });
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Role', {
    Description: Match.stringLikeRegexp('Token authorizer'),
    Policies: [
      {
        PolicyDocument: {
          Statement: Match.arrayWith([Match.objectLike({ Action: 's3:GetObject', Resource: OBJECT })]),
        },
      },
    ],
  });
});
