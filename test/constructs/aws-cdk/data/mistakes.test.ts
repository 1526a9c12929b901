import { type CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { StreamViewType, TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { CfnSecurityGroupIngress, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  type CfnDBInstance,
  type DatabaseCluster,
  type DatabaseInstance,
  DatabaseInstanceEngine,
  ParameterGroup,
  PostgresEngineVersion,
} from 'aws-cdk-lib/aws-rds';
import { Bucket, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { DataDomain } from '../../../../constructs/aws-cdk/data/index.js';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { workload } from '../../../../lib/index.js';
import { type DataWorld, plan, world } from './world.js';

const orders = { for: workload('orders') };

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
    'a database with the Data API',
    'data-api',
    (made) => made.domain.protect(made.cluster({ enableDataApi: true }), orders),
  ],
  [
    'a domain that the model does not have',
    'unknown-data-domain',
    ({ data, clients }) => void new DataDomain(data, 'X', { plan, domain: 'sale', clients }),
  ],
  [
    'a domain for the second time',
    'data-domain-twice',
    ({ data, clients }) => void new DataDomain(data, 'X', { plan, domain: 'sales', clients }),
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
    'a bucket that the CDK empties',
    'data-auto-delete',
    (made) =>
      made.domain.protect(
        made.bucket({ autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY }),
        orders,
      ),
  ],
  [
    'a bucket that is replicated',
    'data-copied',
    (made) => {
      const bucket = made.bucket();
      (bucket.node.defaultChild as CfnBucket).replicationConfiguration = { role: 'x', rules: [] };
      made.domain.protect(bucket, orders);
    },
  ],
  [
    'a table whose changes go to Kinesis',
    'data-copied',
    (made) => made.domain.protect(made.table({ kinesisStream: new Stream(made.data, 'Stream') }), orders),
  ],
  [
    'a table of the newer kind with the keys of DynamoDB',
    'data-not-encrypted',
    (made) => made.domain.protect(made.tableV2({ encryption: TableEncryptionV2.dynamoOwnedKey() }), orders),
  ],
  [
    'a table of the newer kind with a stream',
    'data-copied',
    (made) => made.domain.protect(made.tableV2({ dynamoStream: StreamViewType.NEW_IMAGE }), orders),
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
    'the administrator of a database',
    'data-user',
    (made) => made.domain.protect(made.database(), { ...orders, user: 'postgres' }),
  ],
  [
    'parameters that are not handed over',
    'data-parameters',
    (made) => {
      const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17_7 });
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

test('a database that says nothing of a public address has none', () => {
  const made = world();
  const database = made.database();
  (database.node.defaultChild as CfnDBInstance).publiclyAccessible = undefined;
  made.domain.protect(database, orders);
  Template.fromStack(made.data).hasResourceProperties('AWS::RDS::DBInstance', { PubliclyAccessible: false });
});

type Given = readonly [what: string, code: string, prop: string, build: (made: DataWorld) => void];

test.each<Given>([
  ['no props', 'missing', 'plan', ({ data }) => void new DataDomain(data, 'X', undefined as never)],
  [
    'no clients',
    'missing',
    'clients',
    ({ data }) => void new DataDomain(data, 'X', { plan, domain: 'staff' } as never),
  ],
  [
    'a client without a task',
    'missing',
    'clients.reports.taskDefinition',
    ({ data }) =>
      void new DataDomain(data, 'X', { plan, domain: 'staff', clients: { reports: {} as never } }),
  ],
  ['no store', 'data-store', 'store', ({ domain }) => domain.protect(undefined as never, orders)],
  ['a model for a store', 'data-store', 'store', ({ domain }) => domain.protect({} as never, orders)],
  ['no options', 'data-workload', 'for', (made) => made.domain.protect(made.queue(), undefined as never)],
  ['empty options', 'data-workload', 'for', (made) => made.domain.protect(made.queue(), {} as never)],
  [
    'a name in place of a workload',
    'data-workload',
    'for] nothing says for whom Data/Queue is to be protected (found "orders")',
    (made) => made.domain.protect(made.queue(), { for: 'orders' as never }),
  ],
  [
    'an access that there is not',
    'unknown-value',
    'access] there is no such access (found "readonly", expected "read", "write" or "readWrite")',
    (made) => made.domain.protect(made.queue(), { ...orders, access: 'readonly' as never }),
  ],
  [
    'a user that is no name',
    'wrong-type',
    'user',
    (made) => made.domain.protect(made.queue(), { ...orders, user: 7 as never }),
  ],
])('from JavaScript, %s is the error %s at %s', (_, code, prop, build) => {
  const made = world();
  let error: unknown;
  try {
    build(made);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(ConstructError);
  expect(error).toMatchObject({ code, message: expect.stringContaining(`, ${prop}`) as unknown });
  expect((error as Error).message).not.toContain('undefined');
});

test('parameters that are handed over require TLS', () => {
  const made = world();
  const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17_7 });
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
    'a bucket with the key that is never protected',
    'data-unprotected: [^(]+.found Data/Bucket/Resource',
    (made) => {
      made.bucket();
      made.domain.protect(made.queue(), orders);
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
    'data-open-policy',
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
    'a database whose rule for the workload has everybody as well',
    'data-open-network',
    (made) => {
      const database = made.database();
      made.domain.protect(database, orders);
      const rule = database.node.findAll().find((node) => node instanceof CfnSecurityGroupIngress)!;
      rule.addPropertyOverride('CidrIp', '0.0.0.0/0');
    },
  ],
  [
    'a bucket that is public by an override',
    'not-as-made',
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
    'not-as-made',
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
    'not-as-made',
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

test.each<[string, (made: DataWorld, bucket: Bucket) => DatabaseCluster | DatabaseInstance]>([
  ['a cluster', (made, bucket) => made.cluster({ s3ExportBuckets: [bucket], s3ImportBuckets: [bucket] })],
  ['a database', (made, bucket) => made.database({ s3ExportBuckets: [bucket] })],
])('%s that exports into a bucket is told', (_what, build) => {
  const found = synthesis((made) => {
    made.domain.protect(build(made, new Bucket(made.data, 'Other')), orders);
  });
  expect(found.match(/data-copied: .*found AssociatedRoles/g)).toHaveLength(1);
});

test('and one that has no Data API, and only imports, is not', () => {
  const found = synthesis((made) => {
    const bucket = new Bucket(made.data, 'Other');
    const cluster = made.cluster({ s3ImportBuckets: [bucket], enableDataApi: false });
    made.domain.protect(cluster, orders);
  });
  expect(found).toBe('');
});

test('a grant of the Data API after protection stops synthesis: it switches it on', () => {
  const found = synthesis((made) => {
    const cluster = made.cluster();
    made.domain.protect(cluster, orders);
    cluster.grantDataApiAccess(
      new Role(made.data, 'Reader', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    );
  });
  expect(found).toContain('not-as-made: [Data/Cluster]');
  expect(found).toContain('found EnableHttpEndpoint of Data/Cluster/Resource: true');
});
