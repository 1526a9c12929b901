import { App, type CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { InstanceType, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import {
  ArnPrincipal,
  CfnRolePolicy,
  CfnUserPolicy,
  Effect,
  ManagedPolicy,
  Policy,
  PolicyStatement,
  Role,
  ServicePrincipal,
  User,
} from 'aws-cdk-lib/aws-iam';
import { CfnReplicationGroup } from 'aws-cdk-lib/aws-elasticache';
import {
  CfnDBInstance,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseInstanceReadReplica,
  PostgresEngineVersion,
} from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { DataDomain } from '../../../../constructs/aws-cdk/data/index.js';
import { workload } from '../../../../lib/index.js';
import { ENV } from '../support/app.js';
import { plan, planOf, world } from './world.js';

const orders = { for: workload('orders') };
const allow = (action: string, resource: string) =>
  new PolicyStatement({ actions: [action], resources: [resource] });
const lambda = new ServicePrincipal('lambda.amazonaws.com');

function errorOf(app: App): string {
  try {
    app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  return 'synthesized';
}

/** Each with the path of what is wrong, all in one app. */
const WRONG: readonly (readonly [code: string, path: string])[] = [
  ['data-other-role', 'Data/OfUser'],
  ['data-other-role', 'Data/OfRole'],
  ['data-other-role', 'Data/OfBoth/Resource'],
  ['data-other-role', 'Data/Managed/Resource'],
  ['data-other-role', 'Data/Inline/Resource'],
  ['data-other-role', 'Data/ByHand/DefaultPolicy/Resource'],
  ['data-other-role', 'Data/Everything/DefaultPolicy/Resource'],
  ['data-open-policy', '"arn:aws:iam::999999999999:root" in PolicyDocument of Data/Queue/Policy/Resource'],
  ['data-open-policy', '"arn:aws:iam::999999999999:root" in KeyPolicy of Data/Sales/Key/Resource'],
  ['data-open-policy', '"*" in AssumeRolePolicyDocument of Tasks/orders-task/TaskRole/Resource'],
  [
    'data-open-policy',
    '{"Service":"cloudfront.amazonaws.com"} in PolicyDocument of Data/Bucket/Policy/Resource',
  ],
  ['data-copied', 'Data/Replica/Resource'],
  ['data-copied', 'RedrivePolicy, a dead-letter queue'],
  ['data-public', 'Data/Instance'],
];

describe('what gives others the data, beside the stores', () => {
  let message = '';
  beforeAll(() => {
    const made = world();
    const { app, data, domain, clients, vpc } = made;
    const database = made.database();
    const cluster = made.cluster();
    const table = made.table({ tableName: 'orders' });
    const queue = made.queue({ deadLetterQueue: { queue: new Queue(data, 'Dead'), maxReceiveCount: 3 } });
    const bucket = made.bucket();
    for (const store of [database, cluster, table, queue, bucket]) domain.protect(store, orders);

    const connect = allow('rds-db:connect', `arn:aws:rds-db:*:*:dbuser:${database.instanceResourceId}/*`);
    const policyDocument = { Statement: [connect.toJSON() as object] };
    const user = new User(data, 'User');
    const role = new Role(data, 'Role', { assumedBy: lambda });
    new CfnUserPolicy(data, 'OfUser', { userName: user.userName, policyName: 'p', policyDocument });
    new CfnRolePolicy(data, 'OfRole', { roleName: role.roleName, policyName: 'p', policyDocument });
    const { taskRole } = clients.orders.taskDefinition;
    new Policy(data, 'OfBoth', { users: [user], roles: [taskRole], statements: [connect] });
    role.addManagedPolicy(new ManagedPolicy(data, 'Managed', { roles: [taskRole], statements: [connect] }));
    const inline = new Role(data, 'Inline', { assumedBy: lambda });
    (inline.node.defaultChild as CfnResource).addPropertyOverride('Policies', [
      { PolicyName: 'p', PolicyDocument: policyDocument },
    ]);
    const byHand = new Role(data, 'ByHand', { assumedBy: lambda });
    byHand.addToPolicy(allow('dynamodb:GetItem', 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders'));
    const everything = new Role(data, 'Everything', { assumedBy: lambda });
    everything.addToPolicy(allow('rds-db:connect', '*'));

    const stranger = new ArnPrincipal('arn:aws:iam::999999999999:root');
    queue.addToResourcePolicy(
      new PolicyStatement({ principals: [stranger], actions: ['sqs:*'], resources: [queue.queueArn] }),
    );
    domain.key.grantDecrypt(stranger);
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:Get*'],
        resources: [bucket.arnForObjects('*')],
      }),
    );
    (taskRole.node.defaultChild as CfnResource).addPropertyOverride(
      'AssumeRolePolicyDocument.Statement.0.Principal',
      { AWS: '*' },
    );
    new DatabaseInstanceReadReplica(data, 'Replica', {
      sourceDatabaseInstance: database,
      instanceType: new InstanceType('t4g.micro'),
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    });
    new CfnDBInstance(data, 'Instance', {
      dbClusterIdentifier: cluster.clusterIdentifier,
      publiclyAccessible: true,
    });
    message = errorOf(app);
  });

  test.each(WRONG)('%s: %s', (code, path) => {
    const lines = message.split('\n').filter((line) => line.includes(`found ${path}`));
    expect(lines).not.toHaveLength(0);
    for (const line of lines) expect(line).toContain(`${code}: `);
  });
});

test('nothing is said of what is right', () => {
  const made = world();
  const { app, data, domain, clients } = made;
  const dead = new Queue(data, 'Dead');
  const queue = made.queue({ deadLetterQueue: { queue: dead, maxReceiveCount: 3 } });
  const table = made.table({ tableName: 'orders' });
  const database = made.database();
  for (const store of [dead, queue, table, database, made.cluster()]) domain.protect(store, orders);

  // Both tell the key's policy of themselves.
  new Secret(data, 'Secret', { encryptionKey: domain.key });
  new Topic(data, 'Topic').addSubscription(new SqsSubscription(queue));
  // Another domain of the same plan, with a store of its own.
  const staff = new DataDomain(data, 'Staff', {
    plan,
    domain: 'staff',
    clients: { reports: clients.reports },
  });
  staff.protect(new Bucket(data, 'Reviews', { encryptionKey: staff.key }), { for: workload('reports') });

  const { taskRole } = clients.orders.taskDefinition;
  const describe = allow('dynamodb:DescribeTable', table.tableArn);
  new ManagedPolicy(data, 'Managed', { roles: [taskRole], statements: [describe] });
  const other = new Role(data, 'Other', { assumedBy: lambda });
  other.addToPolicy(
    new PolicyStatement({ effect: Effect.DENY, actions: ['dynamodb:*'], resources: [table.tableArn] }),
  );
  // The names of others, which only look like the table's.
  other.addToPolicy(allow('ssm:GetParameter', 'arn:aws:ssm:eu-west-1:111122223333:parameter/orders'));
  other.addToPolicy(
    allow('dynamodb:GetItem', 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders-archive'),
  );
  other.addToPolicy(allow('rds-db:connect', 'arn:aws:rds-db:eu-west-1:111122223333:dbuser:db-OTHER/app'));
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('sns.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
    }),
  );
  expect(errorOf(app)).toBe('synthesized');
});

/** The whole of one environment. */
function environment(scope: Construct, id: string): void {
  const stack = new Stack(scope, id, { env: ENV });
  const vpc = new Vpc(stack, 'Vpc', {
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    subnetConfiguration: [{ name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED }],
  });
  const clients = {
    orders: {
      taskDefinition: new FargateTaskDefinition(stack, 'Task'),
      securityGroup: new SecurityGroup(stack, 'Group', { vpc }),
    },
  };
  const domain = new DataDomain(stack, 'Sales', { plan: planOf(id.toLowerCase()), domain: 'sales', clients });
  domain.protect(new Bucket(stack, 'Bucket', { encryptionKey: domain.key }), orders);
  const partitionKey = { name: 'id', type: AttributeType.STRING };
  domain.protect(new Table(stack, 'Table', { partitionKey }), orders);
  const database = new DatabaseInstance(stack, 'Database', {
    engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17_7 }),
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    storageEncryptionKey: domain.key,
  });
  domain.protect(database, orders);
}

describe('users of two caches of one workload', () => {
  const caches = (user?: string) => {
    const made = world();
    const { app, data, domain, cacheGroup: securityGroup } = made;
    const second = new CfnReplicationGroup(data, 'Second', {
      replicationGroupDescription: 'carts',
      engine: 'valkey',
      engineVersion: '8.0',
      atRestEncryptionEnabled: true,
      kmsKeyId: domain.key.keyArn,
      transitEncryptionEnabled: true,
      securityGroupIds: [securityGroup.securityGroupId],
    });
    for (const cache of [made.cache(), second]) {
      domain.protect(cache, { ...orders, securityGroup, ...(user !== undefined && { user }) });
    }
    return errorOf(app);
  };

  test('have names of their own', () => expect(caches()).toBe('synthesized'));

  test('and others in another environment, which may share the account', () => {
    const userOf = (environment: string) => {
      const made = world({ environment });
      return made.domain.protect(made.cache(), { ...orders, securityGroup: made.cacheGroup }).user;
    };
    expect(userOf('dev')).not.toBe(userOf('prod'));
    expect(userOf('dev')).toBe(userOf('dev'));
  });

  test('one name for both stops synthesis: an account has one of a name', () => {
    expect(caches('orders')).toContain('data-user-twice: [Data/Second, user]');
  });
});

test('two environments of one class are synthesized, as stages', () => {
  const app = new App({ analyticsReporting: false });
  for (const id of ['dev', 'prod']) environment(new Stage(app, id, { env: ENV }), 'Shop');
  expect(errorOf(app)).toBe('synthesized');
});

test('and as stacks', () => {
  const app = new App({ analyticsReporting: false });
  for (const id of ['Dev', 'Prod']) environment(app, id);
  expect(errorOf(app)).toBe('synthesized');
});
