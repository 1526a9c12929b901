import { Match, Template } from 'aws-cdk-lib/assertions';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import { workload } from '../../../../lib/index.js';
import { covers } from '../../../../lib/rules/cloudformation/support/policy.js';
import { type DataWorld, world } from './world.js';

const orders = { for: workload('orders') };

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Condition: Record<string, Record<string, unknown>>;
}

interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

const statementOf = ({ PolicyDocument }: Policy, sid: string): Statement =>
  PolicyDocument.Statement.find(({ Sid }) => Sid === sid)!;

describe('stores of every kind, in another stack than the tasks', () => {
  let template: Template;
  let made: DataWorld;
  /** As whom the workloads connect to the cache. */
  let users: { readonly orders: string; readonly reports: string };
  beforeAll(() => {
    made = world();
    const { domain } = made;
    const bucket = made.bucket();
    domain.protect(bucket, orders);
    domain.protect(bucket, { for: workload('reports'), access: 'read' });
    domain.protect(made.queue(), { ...orders, access: 'write' });
    domain.protect(made.table({ stream: StreamViewType.NEW_IMAGE }), { ...orders, access: 'read' });
    domain.protect(made.tableV2(), orders);
    expect(domain.protect(made.database(), { ...orders, user: 'orders_app' })).toEqual({
      user: 'orders_app',
    });
    expect(domain.protect(made.cluster(), orders)).toEqual({ user: 'orders' });
    const cache = made.cache();
    const access = (service: string) =>
      domain.protect(cache, { for: workload(service), securityGroup: made.cacheGroup }).user!;
    users = { orders: access('orders'), reports: access('reports') };
    template = Template.fromStack(made.data);
  });

  const resources = (type: string) =>
    Object.entries(template.findResources(type)) as [string, { Properties: Record<string, never> }][];
  const keyArn = () => ({ 'Fn::GetAtt': [resources('AWS::KMS::Key')[0]![0], 'Arn'] });

  test('one key, which is turned over and says what it is for', () => {
    expect(resources('AWS::KMS::Key')).toHaveLength(1);
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: {
        EnableKeyRotation: true,
        Tags: Match.arrayWith([
          { Key: 'zero-trust:data-domain', Value: 'sales' },
          { Key: 'zero-trust:data-label', Value: 'confidential' },
        ]),
      },
    });
  });

  test('the label is on every store', () => {
    for (const type of [
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
      'AWS::DynamoDB::Table',
      'AWS::RDS::DBInstance',
      'AWS::RDS::DBCluster',
    ]) {
      template.hasResourceProperties(type, {
        Tags: Match.arrayWith([{ Key: 'zero-trust:data-label', Value: 'confidential' }]),
      });
    }
  });

  test('a bucket: the key, nothing public, TLS, and objects for the roles of the workloads alone', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn() },
          },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const [, policy] = resources('AWS::S3::BucketPolicy')[0]!;
    const { Statement } = policy.Properties['PolicyDocument'] as unknown as {
      Statement: Record<string, unknown>[];
    };
    const by = (sid: string) => Statement.find(({ Sid }) => Sid === sid);
    expect(by('TlsOnly')).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(by('ModernTls')).toMatchObject({ Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } });
    const others = by('WorkloadsOnly') as {
      Effect: string;
      Action: string[];
      Condition: Record<string, Record<string, unknown[]>>;
    };
    expect(others.Effect).toBe('Deny');
    expect(others.Condition['ArnNotEquals']!['aws:PrincipalArn']).toHaveLength(2);
    // Without `Null` whoever names nothing would be refused: a negation holds of what is not there.
    expect(by('DomainKeyOnly')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:PutObject',
      Condition: { Null: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'false' } },
    });
    expect(by('KmsOnly')).toMatchObject({
      Condition: {
        Null: { 's3:x-amz-server-side-encryption': 'false' },
        StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
      },
    });
    // The kind without a key is S3's own key, and a key of the client's is nobody's of the domain.
    expect(by('KeyWithKms')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:PutObject',
      Condition: {
        Null: {
          's3:x-amz-server-side-encryption': 'false',
          's3:x-amz-server-side-encryption-aws-kms-key-id': 'true',
        },
      },
    });
    expect(by('NoKeyOfClients')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:PutObject',
      Condition: { Null: { 's3:x-amz-server-side-encryption-customer-algorithm': 'false' } },
    });
    for (const action of [
      's3:GetObjectVersion',
      's3:GetObjectVersionForReplication',
      's3:DeleteObjectVersion',
      's3:PutObjectAcl',
      's3:ReplicateObject',
    ]) {
      expect(others.Action.some((pattern) => covers(pattern, action))).toBe(true);
    }
  });

  test('a queue and a table: the key, TLS, and the roles of the workloads alone', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: keyArn() });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Sid: 'TlsOnly', Effect: 'Deny', Action: 'sqs:*' }),
          Match.objectLike({ Sid: 'WorkloadsOnly', Effect: 'Deny' }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: keyArn() },
      ResourcePolicy: {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({ Sid: 'TlsOnly', Effect: 'Deny', Action: 'dynamodb:*' }),
            Match.objectLike({ Sid: 'WorkloadsOnly', Effect: 'Deny' }),
          ]),
        },
      },
    });
  });

  test('a table: items are for the roles of the workloads alone, by whatever action, and so is its stream', () => {
    const [, { Properties }] = resources('AWS::DynamoDB::Table')[0]!;
    const { ResourcePolicy, StreamSpecification } = Properties as unknown as Record<
      string,
      { ResourcePolicy?: Policy } & Policy
    >;
    const denied = statementOf(ResourcePolicy!, 'WorkloadsOnly');
    for (const action of [
      'GetItem',
      'PutItem',
      'PartiQLSelect',
      'PartiQLInsert',
      'PartiQLUpdate',
      'PartiQLDelete',
      'CreateBackup',
      'ExportTableToPointInTime',
      'RestoreTableToPointInTime',
      'EnableKinesisStreamingDestination',
    ]) {
      expect(denied.Action).toContain(`dynamodb:${action}`);
    }
    const stream = statementOf(StreamSpecification!.ResourcePolicy!, 'WorkloadsOnly');
    expect(stream).toMatchObject({ Effect: 'Deny', Condition: denied.Condition });
    expect(stream.Action).toContain('dynamodb:GetRecords');
  });

  test('a table of the newer kind: the same, in its one region', () => {
    const [, { Properties }] = resources('AWS::DynamoDB::GlobalTable')[0]!;
    const [replica, ...more] = Properties['Replicas'] as unknown as {
      SSESpecification: object;
      ResourcePolicy: Policy;
    }[];
    expect(more).toEqual([]);
    expect(replica!.SSESpecification).toEqual({ KMSMasterKeyId: keyArn() });
    expect(statementOf(replica!.ResourcePolicy, 'WorkloadsOnly').Action).toContain('dynamodb:PartiQLSelect');
    expect(statementOf(replica!.ResourcePolicy, 'TlsOnly').Effect).toBe('Deny');
  });

  test('databases: the key, TLS required, IAM, no public address', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      StorageEncrypted: true,
      KmsKeyId: keyArn(),
      EnableIAMDatabaseAuthentication: true,
      PubliclyAccessible: Match.not(true),
      DBParameterGroupName: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      StorageEncrypted: true,
      KmsKeyId: keyArn(),
      EnableIAMDatabaseAuthentication: true,
      DBClusterParameterGroupName: Match.anyValue(),
    });
    for (const type of ['AWS::RDS::DBParameterGroup', 'AWS::RDS::DBClusterParameterGroup']) {
      template.hasResourceProperties(type, { Parameters: { 'rds.force_ssl': '1' } });
    }
  });

  test('the rights of a workload: what was asked for, on this store, for its own role', () => {
    const policies = resources('AWS::IAM::Policy').map(([id, { Properties }]) => ({
      id,
      text: JSON.stringify(Properties),
      roles: Properties['Roles'] as unknown as unknown[],
    }));
    expect(policies).toHaveLength(9);
    for (const { roles } of policies) expect(roles).toHaveLength(1);
    const of = (id: RegExp) => policies.find((policy) => id.test(policy.id))!.text;
    expect(of(/^QueueFororders/)).toContain('sqs:SendMessage');
    expect(of(/^QueueFororders/)).not.toContain('sqs:ReceiveMessage');
    expect(of(/^TableFororders/)).not.toContain('dynamodb:PutItem');
    expect(of(/^BucketForreports/)).not.toContain('s3:PutObject');
    expect(of(/^BucketForreports/)).not.toContain('kms:GenerateDataKey');
    expect(of(/^DatabaseFororders/)).toContain('/orders_app');
    expect(of(/^ClusterFororders/)).toContain('rds-db:connect');
    for (const { text } of policies) expect(text).not.toMatch(/"Resource":"\*"/);
    expect(of(/^BucketFororders/)).toContain('"kms:ViaService":"s3.eu-west-1.amazonaws.com"');
  });

  test('a cache: users of IAM for the workloads, and nobody else', () => {
    template.hasResourceProperties('AWS::ElastiCache::User', {
      UserName: 'default',
      AccessString: 'off ~* -@all',
    });
    expect(users.orders).toMatch(/^orders-[0-9a-f]{10}$/);
    for (const name of Object.values(users)) {
      template.hasResourceProperties('AWS::ElastiCache::User', {
        UserId: name,
        UserName: name,
        AuthenticationMode: { Type: 'iam' },
        AccessString: Match.stringLikeRegexp('-@admin'),
      });
    }
    const [, group] = resources('AWS::ElastiCache::UserGroup')[0]!;
    expect(group.Properties['UserIds']).toHaveLength(3);
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      UserGroupIds: [Match.anyValue()],
    });
    const policies = resources('AWS::IAM::Policy').map(([, { Properties }]) => JSON.stringify(Properties));
    const connects = policies.filter((text) => text.includes('elasticache:Connect'));
    expect(connects).toHaveLength(2);
    for (const text of connects) expect(text).toContain(':replicationgroup:');
  });

  test('the port of what listens is open to the groups of the workloads, from both ends', () => {
    const ingress = resources('AWS::EC2::SecurityGroupIngress');
    expect(ingress).toHaveLength(4);
    for (const [, { Properties }] of ingress) {
      expect(Properties['CidrIp']).toBeUndefined();
      expect(JSON.stringify(Properties['SourceSecurityGroupId'])).toMatch(/(orders|reports)group/);
    }
    expect(resources('AWS::EC2::SecurityGroupEgress')).toHaveLength(4);
  });
});
