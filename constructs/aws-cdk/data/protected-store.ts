import { CfnResource, type Stack } from 'aws-cdk-lib';
import { Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnReplicationGroup } from 'aws-cdk-lib/aws-elasticache';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Mentions } from '../support/mentions.js';
import { synthesizedProperties } from '../support/synthesized.js';
import type { ProtectableStore } from './props.js';

/** A store, and whom it has been protected for. */
export interface ProtectedStore {
  readonly store: ProtectableStore;
  readonly roles: IRole[];
  /** Of the workloads. */
  readonly groups: ISecurityGroup[];
  /** Of a cache, whom it knows. */
  readonly users: string[];
  /** Groups of the store itself, if it listens in the network. */
  readonly doors: readonly ISecurityGroup[];
}

export function resourceOf(store: ProtectableStore): CfnResource {
  return store instanceof CfnResource ? store : (store.node.defaultChild as CfnResource);
}

/** Whether a value of a template names the store. Ask while the tree is validated. */
export function naming(store: ProtectableStore): (stack: Stack, value: unknown) => boolean {
  const mentions = new Mentions({ construct: store, values: valuesOf(store) });
  const literal = literalArn(resourceOf(store));
  return (stack, value) => {
    if (mentions.isIn(stack, value)) return true;
    const text = JSON.stringify(value) ?? '';
    return literal !== undefined && text.includes(literal.service) && literal.ending.test(text);
  };
}

function valuesOf(store: ProtectableStore): string[] {
  if (store instanceof Bucket) return [store.bucketArn, store.bucketName];
  if (store instanceof Queue) return [store.queueArn, store.queueName, store.queueUrl];
  if (store instanceof Table || store instanceof TableV2) return [store.tableArn, store.tableName];
  if (store instanceof CfnReplicationGroup) return [store.ref];
  if (store instanceof DatabaseInstance)
    return [store.instanceIdentifier, store.instanceResourceId ?? ''].filter(Boolean);
  return [store.clusterIdentifier, store.clusterResourceIdentifier];
}

/** What an ARN ends with, by the property that names the resource; a database is known by an id that AWS gives it. */
const ARNS: Readonly<Record<string, readonly [service: string, property: string, before: string]>> = {
  'AWS::S3::Bucket': [':s3:', 'BucketName', ':::'],
  'AWS::SQS::Queue': [':sqs:', 'QueueName', ':'],
  'AWS::DynamoDB::GlobalTable': [':dynamodb:', 'TableName', ':table/'],
  'AWS::DynamoDB::Table': [':dynamodb:', 'TableName', ':table/'],
  'AWS::ElastiCache::ReplicationGroup': [':elasticache:', 'ReplicationGroupId', ':replicationgroup:'],
};

/** How the ARN is written by hand, of a store whose name the app says. */
function literalArn(
  resource: CfnResource,
): { readonly service: string; readonly ending: RegExp } | undefined {
  const [service, property, before] = ARNS[resource.cfnResourceType] ?? [];
  const name = property && synthesizedProperties(resource)[property];
  if (service === undefined || typeof name !== 'string') return undefined;
  return { service, ending: new RegExp(`${before}${name.replaceAll('.', '\\.')}(?![\\w.-])`) };
}
