import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib';
import {
  AuditTrail,
  type AuditTrailProps,
  DecisionQueries,
  LogArchive,
  type LogArchiveProps,
  QUERY_PACK,
  RefusalCount,
  SecurityAlarms,
} from '../../../../constructs/aws-cdk/visibility/index.js';
import { decisionLogSchema } from '../../../../lib/plan/decision-log.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { mistake, testStack } from '../support/app.js';

/** Everything of the folder, in one stack. */
function whole(stack: Stack) {
  const archive = new LogArchive(stack, 'Archive');
  const decisions = new LogGroup(stack, 'Decisions', { retention: 30 });
  archive.collect('Archived', decisions, 'decisions');
  archive.collect('Firewall', new LogGroup(stack, 'Waf', { retention: 30 }), 'firewall');
  const vpc = Vpc.fromVpcAttributes(stack, 'Network', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'] });
  archive.recordFlows('Flows', vpc);
  archive.recordFlows('Others', vpc, 'rejected');
  const watched = new Bucket(stack, 'Watched');
  const trail = new AuditTrail(stack, 'Trail', { archive, watchedBuckets: [watched] });
  const count = new RefusalCount(stack, 'Refused', {
    platform: 'shop.example',
    points: 'Sidecars',
    logGroup: decisions,
  });
  new SecurityAlarms(stack, 'Alarms', {
    evidence: { archive, trail },
    refusals: { Sidecars: { refused: count.metric(), most: 10 } },
  });
  new DecisionQueries(stack, 'Queries', {
    platform: 'aws.prod.shop.example',
    archive,
    logGroups: [decisions],
  });
  return { archive, trail };
}

const stack = testStack();
const made = whole(stack);
const template = Template.fromStack(stack);
/** As it is printed, for what a policy must say. */
const policyOf = (type: string, id: RegExp) =>
  Object.entries(template.findResources(type)).find(([name]) => id.test(name))![1] as {
    Properties: Record<string, { Statement: { Sid?: string }[] }>;
  };
const bucketPolicy = policyOf('AWS::S3::BucketPolicy', /^Archive/).Properties['PolicyDocument']!.Statement;
const keyPolicy = policyOf('AWS::KMS::Key', /^Archive/).Properties['KeyPolicy']!.Statement;
const named = (statements: { Sid?: string }[], sid: string) => statements.find(({ Sid }) => Sid === sid);

test('nobody deletes or changes a log before its time, and it is gone a day later', () => {
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Retain',
    Properties: {
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } } },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          Match.objectLike({ ExpirationInDays: 366, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
        ],
      },
    },
  });
  expect(named(bucketPolicy, 'NobodyGoesRoundTheLock')).toMatchObject({
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: expect.arrayContaining(['s3:BypassGovernanceRetention', 's3:PutObjectRetention']),
  });
});

test('only the services of AWS and the roles of the streams write', () => {
  const { Condition } = named(bucketPolicy, 'OnlyDeliveriesWrite') as unknown as {
    Condition: Record<string, Record<string, unknown>>;
  };
  expect(Condition['Bool']).toEqual({ 'aws:PrincipalIsAWSService': 'false' });
  const writers = JSON.stringify(Condition['ArnNotEquals']!['aws:PrincipalArn']);
  expect(writers.match(/"Fn::GetAtt":\["Archive\w+Writer\w+"/g)).toHaveLength(2);
});

test.each([
  ['Trail', 'trail/AWSLogs/111122223333/*', { StringEquals: { 'aws:SourceArn': expect.anything() } }],
  [
    'FlowLogs',
    // As the CDK's own flow log grants it, for names of partitions as Hive has them.
    'flows/AWSLogs/aws-account-id=111122223333/*',
    {
      StringEquals: { 'aws:SourceAccount': '111122223333' },
      ArnLike: { 'aws:SourceArn': expect.anything() },
    },
  ],
])('%s delivers for this account alone: into its own prefix, by the key', (sid, objects, Condition) => {
  const statement = (statements: { Sid?: string }[], of: string) => named(statements, `${sid}${of}`);
  const deliver = statement(bucketPolicy, 'Deliver');
  expect(deliver).toMatchObject({ Effect: 'Allow', Action: 's3:PutObject', Condition });
  expect(JSON.stringify(deliver)).toContain(`"/${objects}"`);
  expect(statement(bucketPolicy, 'Look')).toMatchObject({ Action: 's3:GetBucketAcl', Condition });
  const use = ['kms:GenerateDataKey*', 'kms:Decrypt', 'kms:DescribeKey'];
  expect(statement(keyPolicy, 'Encrypt')).toMatchObject({ Effect: 'Allow', Action: use, Condition });
  // For two networks once.
  expect(bucketPolicy.filter(({ Sid }) => Sid === `${sid}Deliver`)).toHaveLength(1);
});

test('the trail records every management event of every region, writes to what is watched, and proves itself', () => {
  template.hasResourceProperties('AWS::CloudTrail::Trail', {
    IsLogging: true,
    IsMultiRegionTrail: true,
    EnableLogFileValidation: true,
    KMSKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ArchiveKey'), 'Arn'] },
    AdvancedEventSelectors: [
      { Name: 'Management', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
      Match.objectLike({ Name: 'Deletions in the archive' }),
      Match.objectLike({
        Name: 'Writes',
        FieldSelectors: Match.arrayWith([{ Field: 'readOnly', Equals: ['false'] }]),
      }),
    ],
  });
  // It is refused before the policies let it deliver.
  template.hasResource('AWS::CloudTrail::Trail', {
    DependsOn: Match.arrayWith([Match.stringLikeRegexp('^ArchiveBucketPolicy')]),
  });
});

test('of a log group with decisions nothing else is archived, and a line stays a line', () => {
  template.hasResourceProperties('AWS::Logs::SubscriptionFilter', {
    FilterPattern: '{ ($.decision = "*") && ($.point = "*") }',
    DestinationArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Archivedecisions'), 'Arn'] },
  });
  template.hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
    ExtendedS3DestinationConfiguration: Match.objectLike({
      Prefix: 'decisions/day=!{timestamp:yyyy-MM-dd}/',
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          Match.objectLike({ Type: 'Decompression' }),
          Match.objectLike({ Type: 'CloudWatchLogProcessing' }),
        ],
      },
    }),
  });
});

test('the table has a column for each property of the schema, below where the stream writes', () => {
  const [table] = Object.values(template.findResources('AWS::Glue::Table'));
  const { TableInput } = table!['Properties'] as {
    TableInput: { StorageDescriptor: { Columns: { Name: string; Type: string }[] } };
  };
  const properties = Object.keys(decisionLogSchema['properties'] as object);
  expect(TableInput.StorageDescriptor.Columns.map(({ Name }) => Name)).toEqual(
    properties.map((name) => name.toLowerCase()),
  );
  expect(TableInput.StorageDescriptor.Columns.filter(({ Type }) => Type === 'int')).toHaveLength(3);
  expect(JSON.stringify(TableInput)).toContain('/decisions/day=${day}/');
  template.resourceCountIs('AWS::Athena::NamedQuery', QUERY_PACK.length);
  template.resourceCountIs('AWS::Logs::QueryDefinition', QUERY_PACK.length);
});

test('whoever keeps logs out of the archive, ends its lock or stops the trail is told of at once', () => {
  const rules = Object.values(template.findResources('AWS::Events::Rule'));
  expect(rules).toHaveLength(1);
  const { EventPattern, State } = rules[0]!['Properties'] as Record<string, Record<string, unknown>>;
  expect(State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
  const { $or } = (EventPattern!['detail'] ?? {}) as {
    $or: { eventSource: string[]; eventName: string[]; requestParameters?: object }[];
  };
  const told = $or.flatMap(({ eventSource, eventName, requestParameters = {} }) =>
    eventName.map((name) =>
      [eventSource[0]!.split('.')[0], name, ...Object.keys(requestParameters)].join(' '),
    ),
  );
  expect(told).toEqual(
    expect.arrayContaining([
      's3 PutBucketObjectLockConfiguration bucketName',
      'kms PutKeyPolicy',
      'cloudtrail StopLogging name',
      // In its record the trail has another name than in those of the other calls.
      'cloudtrail PutEventSelectors trailName',
      'firehose UpdateDestination deliveryStreamName',
      'logs PutSubscriptionFilter',
      'ec2 DeleteFlowLogs',
      'wafv2 DeleteLoggingConfiguration',
    ]),
  );
  // "Amazon EventBridge quotas": a reference is at most some 70 characters longer or shorter than what it stands for.
  expect(JSON.stringify(EventPattern).length).toBeLessThan(2048);
  expect(JSON.stringify($or)).toContain('Archivefirewall');
});

test('the laws hold, and the deployers alone may change what records', () => {
  const { Resources: resources } = template.toJSON() as { Resources: never };
  const templates = [{ name: 'Test', file: '', resources, parameters: {}, outputs: {} }] as never;
  const broken = LAWS.flatMap((law) => law.broken(templates)).filter(
    (text) => !/Watched|Decisions|Waf/.test(text),
  );
  expect(broken).toEqual([]);
  const statements = [made.archive, made.trail].flatMap((part) => part.protectionStatements(['arn:deploy']));
  expect(statements.map(({ sid }) => sid)).toEqual([
    'LogArchive',
    'LogArchiveLock',
    'LogArchiveKey',
    'LogArchiveStreams',
    'LogArchiveRoles',
    'AuditTrail',
  ]);
});

test('who investigates reads, and writes nothing', () => {
  const own = testStack();
  const role = new Role(own, 'Analyst', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  new LogArchive(own, 'Archive', { lock: { days: 30, mode: 'compliance' } }).grantRead(role);
  const text = JSON.stringify(Template.fromStack(own).findResources('AWS::IAM::Policy'));
  expect(text).toContain('s3:GetObject');
  expect(text).toContain('kms:Decrypt');
  expect(text).not.toMatch(/Put|Delete|Encrypt"/);
});

test("a locked bucket of the user's own is taken as it is", () => {
  const own = testStack();
  const bucket = new Bucket(own, 'Mine', {
    encryptionKey: new Key(own, 'Key'),
    objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(90)),
  });
  expect(new LogArchive(own, 'Archive', { bucket }).bucket).toBe(bucket);
  Template.fromStack(own).resourceCountIs('AWS::S3::Bucket', 1);
});

const unlocked = (scope: Stack): LogArchiveProps => ({ bucket: new Bucket(scope, 'Open') });
const withoutKey = (scope: Stack): LogArchiveProps => ({
  bucket: new Bucket(scope, 'Bucket', {
    objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(9)),
  }),
});

test.each<[string, string, (scope: Stack) => LogArchiveProps]>([
  ['a bucket without a lock', 'archive-not-locked', unlocked],
  ['a bucket without a key', 'archive-not-locked', withoutKey],
  ['a lock of no day', 'out-of-range', () => ({ lock: { days: 0 } })],
])('%s is an error', (_, code, props) => {
  expect(mistake((scope) => new LogArchive(scope, 'Archive', props(scope as Stack))).code).toBe(code);
});

test.each<[string, string, (archive: LogArchive) => Partial<AuditTrailProps>]>([
  [
    'a trail that records its own deliveries',
    'trail-of-itself',
    ({ bucket }) => ({ watchedBuckets: [bucket] }),
  ],
  ['a name that CloudTrail refuses', 'trail-name', () => ({ trailName: 'a--b' })],
])('%s is an error', (_, code, props) => {
  const error = mistake((scope) => {
    const archive = new LogArchive(scope, 'Archive');
    return new AuditTrail(scope, 'Trail', { archive, ...props(archive) });
  });
  expect(error.code).toBe(code);
});

test('more log groups than a query takes are an error', () => {
  const error = mistake((scope) => {
    const logGroups = Array.from({ length: 51 }, (_, index) =>
      LogGroup.fromLogGroupName(scope, `G${index}`, 'g'),
    );
    return new DecisionQueries(scope, 'Queries', { platform: 'shop.example', logGroups });
  });
  expect(error.code).toBe('too-many-log-groups');
});
