import { App, type AppProps, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  Table,
  TableEncryptionV2,
  type TableProps,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { CfnReplicationGroup, type CfnReplicationGroupProps } from 'aws-cdk-lib/aws-elasticache';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
  type DatabaseClusterProps,
  DatabaseInstance,
  DatabaseInstanceEngine,
  type DatabaseInstanceProps,
  PostgresEngineVersion,
} from 'aws-cdk-lib/aws-rds';
import { Bucket, type BucketProps } from 'aws-cdk-lib/aws-s3';
import { Queue, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { DataDomain } from '../../../../constructs/aws-cdk/data/index.js';
import { allow, dataDomain, defineZeroTrust, http, workload } from '../../../../lib/model/index.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { ENV } from '../support/app.js';

export const planOf = (environment: string) =>
  resolve(
    defineZeroTrust({
      trustDomain: 'shop.example',
      environment,
      services: { orders: http(), reports: http(), web: http() },
      access: [allow(workload('web')).to('orders', 'GET /')],
      data: {
        sales: dataDomain('confidential', workload('orders'), workload('reports')),
        staff: dataDomain('internal', workload('reports')),
      },
    }),
    { engine: 'aws' },
  );

export const plan = planOf('test');

export interface WorldProps extends AppProps {
  readonly env?: typeof ENV;
  /** @default that of `test` */
  readonly environment?: string;
}

/** A stack with stores, and one with the tasks that use them. */
export function world({ env = ENV, environment, ...props }: WorldProps = {}) {
  const app = new App({ analyticsReporting: false, ...props });
  const tasks = new Stack(app, 'Tasks', { env });
  const data = new Stack(app, 'Data', { env });
  const vpc = new Vpc(tasks, 'Vpc', {
    availabilityZones: [`${env.region}a`, `${env.region}b`],
    subnetConfiguration: [{ name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED }],
  });
  const client = (name: string) => ({
    taskDefinition: new FargateTaskDefinition(tasks, `${name}-task`),
    securityGroup: new SecurityGroup(tasks, `${name}-group`, { vpc, allowAllOutbound: false }),
  });
  const clients = { orders: client('orders'), reports: client('reports') };
  const domain = new DataDomain(data, 'Sales', {
    plan: environment === undefined ? plan : planOf(environment),
    domain: 'sales',
    clients,
  });
  const { key } = domain;
  const closed = (id: string) => new SecurityGroup(data, id, { vpc, allowAllOutbound: false });
  return {
    app,
    tasks,
    data,
    vpc,
    clients,
    domain,
    bucket: (props: BucketProps = {}) => new Bucket(data, 'Bucket', { encryptionKey: key, ...props }),
    queue: (props: QueueProps = {}) => new Queue(data, 'Queue', { encryptionMasterKey: key, ...props }),
    table: (props: Partial<TableProps> = {}) =>
      new Table(data, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING }, ...props }),
    tableV2: (props: Partial<TablePropsV2> = {}) =>
      new TableV2(data, 'TableV2', {
        partitionKey: { name: 'id', type: AttributeType.STRING },
        encryption: TableEncryptionV2.customerManagedKey(key),
        ...props,
      }),
    database: (props: Partial<DatabaseInstanceProps> = {}) =>
      new DatabaseInstance(data, 'Database', {
        engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17_7 }),
        vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        storageEncryptionKey: key,
        securityGroups: [closed('DatabaseGroup')],
        manageMasterUserPassword: true,
        ...props,
      }),
    cacheGroup: closed('CacheGroup'),
    cache(props: Partial<CfnReplicationGroupProps> = {}) {
      return new CfnReplicationGroup(data, 'Cache', {
        replicationGroupDescription: 'sessions',
        engine: 'valkey',
        engineVersion: '8.0',
        atRestEncryptionEnabled: true,
        kmsKeyId: key.keyArn,
        transitEncryptionEnabled: true,
        securityGroupIds: [this.cacheGroup.securityGroupId],
        ...props,
      });
    },
    cluster: (props: Partial<DatabaseClusterProps> = {}) =>
      new DatabaseCluster(data, 'Cluster', {
        engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
        writer: ClusterInstance.serverlessV2('writer'),
        vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        storageEncryptionKey: key,
        securityGroups: [closed('ClusterGroup')],
        manageMasterUserPassword: true,
        ...props,
      }),
  };
}

export type DataWorld = ReturnType<typeof world>;

/** Stores of every kind, each protected for one workload. */
export function protectedStores(props: WorldProps = {}) {
  const made = world(props);
  const orders = { for: workload('orders') };
  const { domain, cacheGroup } = made;
  const stores = {
    bucket: made.bucket(),
    queue: made.queue(),
    table: made.table(),
    tableV2: made.tableV2(),
    database: made.database(),
    cluster: made.cluster(),
    cache: made.cache(),
  };
  const { cache, ...others } = stores;
  for (const store of Object.values(others)) domain.protect(store, orders);
  domain.protect(cache, { ...orders, securityGroup: cacheGroup });
  return { ...made, stores };
}
