import { CfnResource, Stack } from 'aws-cdk-lib';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import type { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { dataError } from './domain-context.js';
import { type ProtectedStore, resourceOf } from './protected-store.js';

/** Stores by type, and the property that says by which key each is encrypted. */
const STORES: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'Replicas',
  'AWS::DynamoDB::Table': 'SSESpecification',
  'AWS::ElastiCache::ReplicationGroup': 'KmsKeyId',
  'AWS::ElastiCache::ServerlessCache': 'KmsKeyId',
  'AWS::RDS::DBCluster': 'KmsKeyId',
  'AWS::RDS::DBInstance': 'KmsKeyId',
  'AWS::S3::Bucket': 'BucketEncryption',
  'AWS::SQS::Queue': 'KmsMasterKeyId',
};

/** Stores that a domain's key encrypts, and that nobody protected. Ask while `root` is validated. */
export function unprotectedStores(
  root: IConstruct,
  domain: IConstruct,
  key: Key,
  stores: readonly ProtectedStore[],
): ConstructError[] {
  const known = new Set(stores.map(({ store }) => resourceOf(store)));
  const mentions = new Mentions({ construct: key, values: [key.keyArn, key.keyId] });
  return root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .filter((resource) => resource.cfnResourceType in STORES && !known.has(resource))
    .filter((resource) => {
      const property = STORES[resource.cfnResourceType]!;
      return mentions.isIn(Stack.of(resource), synthesizedProperties(resource)[property] ?? null);
    })
    .map((resource) =>
      dataError(
        domain,
        'data-unprotected',
        'the key of the domain encrypts a store that is protected for nobody',
        'Protect it for the workloads that use it, or give it another key: the key alone keeps nobody out.',
        { found: resource.node.path },
      ),
    );
}
