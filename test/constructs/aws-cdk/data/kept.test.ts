import { CfnResource } from 'aws-cdk-lib';
import type { CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import type { IConstruct } from 'constructs';
import { type DataWorld, protectedStores } from './world.js';

type Stores = ReturnType<typeof protectedStores>;

const l1 = (construct: IConstruct) =>
  CfnResource.isCfnResource(construct) ? construct : (construct.node.defaultChild as CfnResource);

/** The resource of this type below a construct. */
function below(construct: IConstruct, type: string): CfnResource {
  return construct.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .find(({ cfnResourceType }) => cfnResourceType === type)!;
}

const set = (of: (stores: Stores) => IConstruct, property: string, value: unknown) => (stores: Stores) =>
  l1(of(stores)).addPropertyOverride(property, value);

const CHANGES: readonly (readonly [property: string, path: string, change: (stores: Stores) => void])[] = [
  ['EnableKeyRotation', 'Sales/Key/Resource', set(({ domain }) => domain.key, 'EnableKeyRotation', false)],
  [
    'KeyPolicy',
    'Sales/Key/Resource',
    set(({ domain }) => domain.key, 'KeyPolicy.Statement.0.Principal', { AWS: '*' }),
  ],
  ['MultiRegion', 'Sales/Key/Resource', set(({ domain }) => domain.key, 'MultiRegion', true)],
  [
    'BucketEncryption.ServerSideEncryptionConfiguration',
    'Bucket/Resource',
    set(
      ({ stores }) => stores.bucket,
      'BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm',
      'AES256',
    ),
  ],
  [
    'PublicAccessBlockConfiguration',
    'Bucket/Resource',
    set(({ stores }) => stores.bucket, 'PublicAccessBlockConfiguration.BlockPublicPolicy', false),
  ],
  [
    'WebsiteConfiguration',
    'Bucket/Resource',
    set(({ stores }) => stores.bucket, 'WebsiteConfiguration', { IndexDocument: 'index.html' }),
  ],
  [
    'ReplicationConfiguration',
    'Bucket/Resource',
    set(({ stores }) => stores.bucket, 'ReplicationConfiguration', { Role: 'x', Rules: [] }),
  ],
  [
    'PolicyDocument',
    'Bucket/Policy/Resource',
    ({ stores }) =>
      (stores.bucket.policy!.node.defaultChild as CfnBucketPolicy).addPropertyOverride(
        'PolicyDocument.Statement',
        [],
      ),
  ],
  ['KmsMasterKeyId', 'Queue/Resource', set(({ stores }) => stores.queue, 'KmsMasterKeyId', 'alias/aws/sqs')],
  [
    'PolicyDocument',
    'Queue/Policy/Resource',
    ({ stores }) =>
      below(stores.queue, CfnQueuePolicy.CFN_RESOURCE_TYPE_NAME).addPropertyOverride(
        'PolicyDocument.Statement.1.Effect',
        'Allow',
      ),
  ],
  [
    'SSESpecification',
    'Table/Resource',
    set(({ stores }) => stores.table, 'SSESpecification.SSEEnabled', false),
  ],
  [
    'ResourcePolicy.PolicyDocument',
    'Table/Resource',
    ({ stores }) => l1(stores.table).addPropertyDeletionOverride('ResourcePolicy'),
  ],
  [
    'KinesisStreamSpecification',
    'Table/Resource',
    set(({ stores }) => stores.table, 'KinesisStreamSpecification', { StreamArn: 'x' }),
  ],
  [
    'StreamSpecification',
    'Table/Resource',
    set(({ stores }) => stores.table, 'StreamSpecification', { StreamViewType: 'NEW_IMAGE' }),
  ],
  [
    'SSESpecification',
    'TableV2/Resource',
    set(({ stores }) => stores.tableV2, 'SSESpecification.SSEEnabled', false),
  ],
  [
    'Replicas.0.SSESpecification',
    'TableV2/Resource',
    ({ stores }) => l1(stores.tableV2).addPropertyDeletionOverride('Replicas.0.SSESpecification'),
  ],
  [
    'Replicas.0.ResourcePolicy.PolicyDocument',
    'TableV2/Resource',
    ({ stores }) => l1(stores.tableV2).addPropertyDeletionOverride('Replicas.0.ResourcePolicy'),
  ],
  [
    'Replicas.1',
    'TableV2/Resource',
    set(({ stores }) => stores.tableV2, 'Replicas.1', { Region: 'us-east-1' }),
  ],
  ['StorageEncrypted', 'Database/Resource', set(({ stores }) => stores.database, 'StorageEncrypted', false)],
  ['KmsKeyId', 'Database/Resource', set(({ stores }) => stores.database, 'KmsKeyId', 'alias/aws/rds')],
  [
    'EnableIAMDatabaseAuthentication',
    'Database/Resource',
    set(({ stores }) => stores.database, 'EnableIAMDatabaseAuthentication', false),
  ],
  [
    'DBParameterGroupName',
    'Database/Resource',
    set(({ stores }) => stores.database, 'DBParameterGroupName', 'default.postgres16'),
  ],
  [
    'VPCSecurityGroups',
    'Database/Resource',
    set(({ stores }) => stores.database, 'VPCSecurityGroups', ['sg-open']),
  ],
  [
    'PubliclyAccessible',
    'Database/Resource',
    set(({ stores }) => stores.database, 'PubliclyAccessible', true),
  ],
  [
    'Parameters',
    'Database/For-orders/Parameters/Resource',
    ({ stores }) =>
      below(stores.database, 'AWS::RDS::DBParameterGroup').addPropertyOverride('Parameters', {
        'rds.force_ssl': '0',
      }),
  ],
  [
    'PolicyDocument',
    'Database/For-orders/Access/Resource',
    ({ stores }) =>
      below(stores.database, 'AWS::IAM::Policy').addPropertyOverride(
        'PolicyDocument.Statement.0.Resource',
        '*',
      ),
  ],
  [
    'SourceSecurityGroupId',
    'Database/For-orders/Port-In',
    ({ stores }) => {
      const rule = below(stores.database, 'AWS::EC2::SecurityGroupIngress');
      rule.addPropertyDeletionOverride('SourceSecurityGroupId');
      rule.addPropertyOverride('CidrIp', '0.0.0.0/0');
    },
  ],
  [
    'DBClusterParameterGroupName',
    'Cluster/Resource',
    set(({ stores }) => stores.cluster, 'DBClusterParameterGroupName', 'default.aurora-postgresql16'),
  ],
  [
    'EnableIAMDatabaseAuthentication',
    'Cluster/Resource',
    set(({ stores }) => stores.cluster, 'EnableIAMDatabaseAuthentication', false),
  ],
  ['EnableHttpEndpoint', 'Cluster/Resource', set(({ stores }) => stores.cluster, 'EnableHttpEndpoint', true)],
  [
    'VpcSecurityGroupIds',
    'Cluster/Resource',
    set(({ stores }) => stores.cluster, 'VpcSecurityGroupIds', ['sg-open']),
  ],
  ['UserGroupIds', 'Cache', ({ stores }) => stores.cache.addPropertyDeletionOverride('UserGroupIds')],
  ['SecurityGroupIds', 'Cache', ({ stores }) => void (stores.cache.securityGroupIds = ['sg-open'])],
  ['TransitEncryptionMode', 'Cache', set(({ stores }) => stores.cache, 'TransitEncryptionMode', 'preferred')],
  ['AtRestEncryptionEnabled', 'Cache', set(({ stores }) => stores.cache, 'AtRestEncryptionEnabled', false)],
  [
    'AccessString',
    'Cache/For-orders/Nobody',
    set(
      ({ stores }) => stores.cache.node.findChild('For-orders').node.findChild('Nobody'),
      'AccessString',
      'on ~* +@all',
    ),
  ],
  [
    'AuthenticationMode',
    'Cache/For-orders/User',
    set(
      ({ stores }) => stores.cache.node.findChild('For-orders').node.findChild('User'),
      'AuthenticationMode',
      {
        Type: 'no-password-required',
      },
    ),
  ],
  [
    'UserIds',
    'Cache/For-orders/Users',
    set(({ stores }) => stores.cache.node.findChild('For-orders').node.findChild('Users'), 'UserIds', [
      'somebody',
    ]),
  ],
];

describe('what was made of a store, and is rendered otherwise, stops synthesis', () => {
  let message = '';
  beforeAll(() => {
    const stores = protectedStores();
    for (const [, , change] of CHANGES) change(stores);
    try {
      stores.app.synth();
    } catch (error) {
      ({ message } = error as Error);
    }
  });

  test.each(CHANGES)('%s of %s', (property, path) => {
    const lines = message.split('\n').filter((line) => line.includes(`found ${property} of Data/${path}: `));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('not-as-made: ');
  });
});

/** What synthesis ends in. */
function synthesis(change: (made: DataWorld & Pick<Stores, 'stores'>) => void): string {
  const made = protectedStores();
  change(made);
  try {
    made.app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  return 'synthesized';
}

test('a policy that is taken out of the tree, or a second one beside it, stops synthesis', () => {
  const message = synthesis(({ data, stores: { bucket, queue } }) => {
    bucket.node.tryRemoveChild('Policy');
    new CfnQueuePolicy(data, 'Second', { queues: [queue.queueUrl], policyDocument: { Statement: [] } });
  });
  expect(message).toContain('found Data/Bucket/Policy/Resource: nothing, it was removed');
  expect(message).toContain('changed-beside: [Data/Queue]');
});

test('a call that changes a store, or copies it, stops synthesis; one that reads does not', () => {
  const message = synthesis(
    ({ data, domain, stores: { bucket, queue, table, database, cluster, cache } }) => {
      const call = (service: string, action: string, parameters: object) =>
        new AwsCustomResource(data, `${service}-${action}`, {
          onUpdate: { service, action, parameters, physicalResourceId: PhysicalResourceId.of('x') },
          policy: AwsCustomResourcePolicy.fromStatements([]),
        });
      call('s3', 'putBucketPolicy', { Bucket: bucket.bucketName });
      call('sqs', 'setQueueAttributes', { QueueUrl: queue.queueUrl });
      call('dynamodb', 'putResourcePolicy', { ResourceArn: table.tableArn });
      call('rds', 'modifyDBInstance', { DBInstanceIdentifier: database.instanceIdentifier });
      call('rds', 'createDBClusterSnapshot', { DBClusterIdentifier: cluster.clusterIdentifier });
      call('rds', 'enableHttpEndpoint', { ResourceArn: cluster.clusterArn });
      call('elasticache', 'modifyReplicationGroup', { ReplicationGroupId: cache.ref });
      call('kms', 'disableKeyRotation', { KeyId: domain.key.keyId });
      call('rds', 'describeDBInstances', { DBInstanceIdentifier: database.instanceIdentifier });
    },
  );
  const found = [...message.matchAll(/changed-beside: \[Data\/(\S+)\].*, which calls (\w+:\w+)/g)];
  expect(found.map(([, store, call]) => `${store} ${call}`).sort()).toEqual([
    'Bucket s3:putbucketpolicy',
    'Cache elasticache:modifyreplicationgroup',
    'Cluster rds:createdbclustersnapshot',
    'Cluster rds:enablehttpendpoint',
    'Database rds:modifydbinstance',
    'Queue sqs:setqueueattributes',
    'Sales/Key kms:disablekeyrotation',
    'Table dynamodb:putresourcepolicy',
  ]);
});

test('what is the app’s to change is synthesized', () => {
  const message = synthesis(({ stores: { bucket, queue, table, database, cluster, cache } }) => {
    bucket.addLifecycleRule({ expiredObjectDeleteMarker: true });
    l1(queue).addPropertyOverride('VisibilityTimeout', 60);
    l1(table).addPropertyOverride('TableClass', 'STANDARD_INFREQUENT_ACCESS');
    l1(database).addPropertyOverride('AllocatedStorage', '200');
    l1(cluster).addPropertyOverride('BackupRetentionPeriod', 30);
    cache.numCacheClusters = 3;
    below(database, 'AWS::RDS::DBParameterGroup').addPropertyOverride('Parameters.log_statement', 'ddl');
  });
  expect(message).toBe('synthesized');
});
