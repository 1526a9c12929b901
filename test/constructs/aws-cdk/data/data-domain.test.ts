import { type CfnResource, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DatabaseInstanceEngine, ParameterGroup, PostgresEngineVersion } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DataDomain } from '../../../../constructs/aws-cdk/data/index.js';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { workload } from '../../../../lib/index.js';
import { type DataWorld, plan, world } from './world.js';

const orders = { for: workload('orders') };

describe('stores of every kind, in another stack than the tasks', () => {
  let template: Template;
  let made: DataWorld;
  beforeAll(() => {
    made = world();
    const { domain } = made;
    const bucket = made.bucket();
    domain.protect(bucket, orders);
    domain.protect(bucket, { for: workload('reports'), access: 'read' });
    domain.protect(made.queue(), { ...orders, access: 'write' });
    domain.protect(made.table(), { ...orders, access: 'read' });
    domain.protect(made.database(), { ...orders, user: 'orders_app' });
    domain.protect(made.cluster(), orders);
    const cache = made.cache();
    domain.protect(cache, { ...orders, securityGroup: made.cacheGroup });
    domain.protect(cache, { for: workload('reports'), securityGroup: made.cacheGroup });
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
    expect(policies).toHaveLength(8);
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
    for (const name of ['orders', 'reports']) {
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

/** The code of the error that protecting a store ends in, or the text of what synthesis ends in. */
function codeOf(build: (made: DataWorld) => void): string {
  const made = world();
  try {
    build(made);
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    expect((error as Error).message).toMatch(/^\[Data/);
    return (error as ConstructError).code;
  }
  throw new Error('no error');
}

const synthesis = (build: (made: DataWorld) => void): string => {
  const made = world();
  build(made);
  try {
    made.app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

test.each<[string, string, (made: DataWorld) => void]>([
  [
    'a domain that the model does not have',
    'unknown-data-domain',
    ({ data, clients }) => void new DataDomain(data, 'X', { plan, domain: 'sale', clients }),
  ],
  [
    'a client that the model does not have',
    'data-workload',
    ({ data, clients }) =>
      void new DataDomain(data, 'X', { plan, domain: 'sales', clients: { web: clients.orders } }),
  ],
  [
    'a workload that the model does not have',
    'data-workload',
    (made) => made.domain.protect(made.bucket(), { for: workload('web') }),
  ],
  [
    'a store twice for one workload',
    'data-protected-twice',
    (made) => {
      const bucket = made.bucket();
      made.domain.protect(bucket, orders);
      made.domain.protect(bucket, orders);
    },
  ],
  [
    'an imported store',
    'data-store',
    (made) => made.domain.protect(Bucket.fromBucketName(made.data, 'Other', 'other') as Bucket, orders),
  ],
  [
    'a bucket with another key',
    'data-other-key',
    (made) => made.domain.protect(made.bucket({ encryptionKey: new Key(made.data, 'Own') }), orders),
  ],
  [
    'a website',
    'data-public',
    (made) => made.domain.protect(made.bucket({ websiteIndexDocument: 'index.html' }), orders),
  ],
  [
    'a queue with another key',
    'data-other-key',
    (made) => made.domain.protect(made.queue({ encryptionMasterKey: new Key(made.data, 'Own') }), orders),
  ],
  [
    'a table with another key',
    'data-other-key',
    (made) => made.domain.protect(made.table({ encryptionKey: new Key(made.data, 'Own') }), orders),
  ],
  [
    'a database with another key',
    'data-other-key',
    (made) => made.domain.protect(made.database({ storageEncryptionKey: new Key(made.data, 'Own') }), orders),
  ],
  [
    'a database without a key',
    'data-not-encrypted',
    (made) => {
      const database = made.database();
      (database.node.defaultChild as unknown as { storageEncrypted: boolean }).storageEncrypted = false;
      made.domain.protect(database, orders);
    },
  ],
  [
    'a public database',
    'data-public',
    (made) => made.domain.protect(made.database({ publiclyAccessible: true }), orders),
  ],
  [
    'a user with a wildcard',
    'data-user',
    (made) => made.domain.protect(made.database(), { ...orders, user: '*' }),
  ],
  [
    'parameters that are not handed over',
    'data-parameters',
    (made) => {
      const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_16 });
      const parameterGroup = new ParameterGroup(made.data, 'Own', { engine });
      made.domain.protect(made.database({ parameterGroup }), orders);
    },
  ],
  [
    'a group of another app',
    'data-groups',
    (made) => {
      const group = SecurityGroup.fromSecurityGroupId(made.data, 'Other', 'sg-1');
      made.domain.protect(made.database({ securityGroups: [group] }), orders);
    },
  ],
  [
    'a cache without a key',
    'data-not-encrypted',
    (made) => made.domain.protect(made.cache({ atRestEncryptionEnabled: false }), orders),
  ],
  [
    'a cache that takes clear text, too',
    'data-without-tls',
    (made) =>
      made.domain.protect(made.cache({ transitEncryptionMode: 'preferred' }), {
        ...orders,
        securityGroup: made.cacheGroup,
      }),
  ],
  [
    'a cache with a password',
    'data-users',
    (made) => made.domain.protect(made.cache({ authToken: 'x'.repeat(16) }), orders),
  ],
  [
    'a cache whose version knows no IAM',
    'data-no-iam',
    (made) => made.domain.protect(made.cache({ engine: 'redis', engineVersion: '6.2' }), orders),
  ],
  [
    'a cache whose group is not handed over',
    'data-groups',
    (made) => made.domain.protect(made.cache(), orders),
  ],
  [
    'a cache for everybody',
    'data-user',
    (made) =>
      made.domain.protect(made.cache(), { ...orders, user: 'default', securityGroup: made.cacheGroup }),
  ],
])('%s is refused: %s', (_, code, build) => {
  expect(codeOf(build)).toBe(code);
});

test('parameters that are handed over require TLS', () => {
  const made = world();
  const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_16 });
  const parameterGroup = new ParameterGroup(made.data, 'Own', {
    engine,
    parameters: { log_statement: 'ddl' },
  });
  made.domain.protect(made.database({ parameterGroup }), { ...orders, parameterGroup });
  Template.fromStack(made.data).hasResourceProperties('AWS::RDS::DBParameterGroup', {
    Parameters: { 'rds.force_ssl': '1', log_statement: 'ddl' },
  });
});

test.each<[string, string, (made: DataWorld) => void]>([
  [
    'another role with a grant',
    'data-other-role|somebody else than the workloads has rights',
    (made) => {
      const bucket = made.bucket();
      made.domain.protect(bucket, orders);
      bucket.grantRead(
        new Role(made.data, 'Spy', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      );
    },
  ],
  [
    'another role with a grant, in another stack',
    'somebody else than the workloads has rights',
    (made) => {
      const table = made.table();
      made.domain.protect(table, orders);
      const others = new Stack(made.app, 'Others', {
        env: { account: made.data.account, region: made.data.region },
      });
      table.grantReadData(
        new Role(others, 'Spy', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      );
    },
  ],
  [
    'a workload of the domain that the store is not protected for',
    'somebody else than the workloads has rights',
    (made) => {
      const queue = made.queue();
      made.domain.protect(queue, orders);
      new Policy(made.data, 'More', {
        roles: [made.clients.reports.taskDefinition.taskRole],
        statements: [new PolicyStatement({ actions: ['sqs:ReceiveMessage'], resources: [queue.queueArn] })],
      });
    },
  ],
  [
    'a policy for anybody',
    'allows anybody',
    (made) => {
      const queue = made.queue();
      made.domain.protect(queue, orders);
      queue.addToResourcePolicy(
        new PolicyStatement({
          principals: [new AnyPrincipal()],
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
        }),
      );
    },
  ],
  [
    'a database that is open to all',
    'somebody else than the workloads reaches the port',
    (made) => {
      const database = made.database();
      made.domain.protect(database, orders);
      database.connections.allowFrom(Peer.anyIpv4(), Port.tcp(5432));
    },
  ],
  [
    'a database that is open to another group',
    'somebody else than the workloads reaches the port',
    (made) => {
      const database = made.database();
      made.domain.protect(database, orders);
      database.connections.allowDefaultPortFrom(made.clients.reports.securityGroup);
    },
  ],
  [
    'a bucket that is public by an override',
    'has been taken back',
    (made) => {
      const bucket = made.bucket();
      made.domain.protect(bucket, orders);
      (bucket.node.defaultChild as CfnResource).addPropertyOverride(
        'PublicAccessBlockConfiguration.BlockPublicPolicy',
        false,
      );
    },
  ],
  [
    'a database without encryption by an override',
    'has been taken back',
    (made) => {
      const database = made.database();
      made.domain.protect(database, orders);
      (database.node.defaultChild as CfnResource).addPropertyOverride('StorageEncrypted', false);
    },
  ],
  [
    'a cache that is open to all',
    'somebody else than the workloads reaches the port',
    (made) => {
      made.domain.protect(made.cache(), { ...orders, securityGroup: made.cacheGroup });
      made.cacheGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(6379));
    },
  ],
  [
    'a cache without TLS by an override',
    'has been taken back',
    (made) => {
      const cache = made.cache();
      made.domain.protect(cache, { ...orders, securityGroup: made.cacheGroup });
      cache.addPropertyOverride('TransitEncryptionMode', 'preferred');
    },
  ],
])('%s stops synthesis', (_, text, build) => {
  expect(synthesis(build)).toMatch(new RegExp(text));
});

test('the same without a mistake is synthesized', () => {
  const text = synthesis((made) => {
    const database = made.database();
    made.domain.protect(database, orders);
    made.domain.protect(database, { for: workload('reports'), user: 'reports' });
  });
  expect(text).toBe('');
});
