import { CfnResource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { dataError } from './domain-context.js';
import { naming, type ProtectedStore, resourceOf } from './protected-store.js';

/** What is made of another store, by type; the property that names it. */
const COPIES: Readonly<Record<string, readonly string[]>> = {
  'AWS::RDS::DBInstance': ['SourceDBInstanceIdentifier', 'SourceDBClusterIdentifier', 'SourceDbiResourceId'],
  'AWS::RDS::DBCluster': [
    'SourceDBClusterIdentifier',
    'ReplicationSourceIdentifier',
    'SourceDbClusterResourceId',
  ],
  'AWS::RDS::GlobalCluster': ['SourceDBClusterIdentifier'],
  'AWS::RDS::Integration': ['SourceArn'],
  'AWS::ElastiCache::GlobalReplicationGroup': ['Members'],
  'Custom::DynamoDBReplica': ['TableName'],
};

/** Where the data of a store goes without being protected there. Ask while `root` is validated. */
export function copies(root: IConstruct, stores: readonly ProtectedStore[]): ConstructError[] {
  const all = root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .filter(({ cfnResourceType }) => cfnResourceType in COPIES)
    .map((resource) => ({ resource, properties: synthesizedProperties(resource) }));
  const queues = stores
    .filter(({ store }) => resourceOf(store).cfnResourceType === 'AWS::SQS::Queue')
    .map(({ store }) => naming(store));
  return stores.flatMap(({ store }) => {
    const isNamed = naming(store);
    const copied = all
      .filter(({ resource, properties }) =>
        COPIES[resource.cfnResourceType]!.some((name) =>
          isNamed(Stack.of(resource), properties[name] ?? null),
        ),
      )
      .map(({ resource }) => resource.node.path);
    const { RedrivePolicy: redrive, AssociatedRoles: roles } = synthesizedProperties(resourceOf(store));
    const isOpen = redrive !== undefined && !queues.some((queue) => queue(Stack.of(store), redrive));
    const found = [
      ...copied,
      ...(isOpen ? ['RedrivePolicy, a dead-letter queue'] : []),
      ...(leadsOut(roles) ? ['AssociatedRoles, by which a database writes elsewhere'] : []),
    ];
    return found.map((place) =>
      dataError(
        store,
        'data-copied',
        'what the store keeps goes where nobody protects it',
        'Take the copy away; a dead-letter queue is protected as every other queue, and a database has no role but to import.',
        { found: place },
      ),
    );
  });
}

/** Roles that a database itself has: to export into buckets, to call functions. One that only imports says so. */
function leadsOut(roles: unknown): boolean {
  return ([roles ?? []].flat() as { readonly FeatureName?: unknown }[]).some(
    (role) => role.FeatureName !== 's3Import',
  );
}

/** Instances of a cluster that have a public address, whoever made them. */
export function publicInstances(root: IConstruct, stores: readonly ProtectedStore[]): ConstructError[] {
  const instances = root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .filter(({ cfnResourceType }) => cfnResourceType === 'AWS::RDS::DBInstance')
    .map((resource) => ({ resource, properties: synthesizedProperties(resource) }))
    .filter(
      ({ properties: { PubliclyAccessible: isPublic } }) => isPublic !== undefined && isPublic !== false,
    );
  if (instances.length === 0) return [];
  return stores.flatMap(({ store }) => {
    const isNamed = naming(store);
    return instances
      .filter(({ resource, properties }) =>
        isNamed(Stack.of(resource), properties['DBClusterIdentifier'] ?? null),
      )
      .map(({ resource }) =>
        dataError(
          store,
          'data-public',
          'an instance of the database has a public address',
          'Leave publiclyAccessible out, and run it in private subnets.',
          { prop: 'publiclyAccessible', found: resource.node.path },
        ),
      );
  });
}
