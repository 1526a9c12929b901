import { type CfnResource, Stage } from 'aws-cdk-lib';
import { Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { copies, publicInstances } from './copies.js';
import { openPolicies, type OwnPolicy } from './open-policies.js';
import { otherRights } from './other-rights.js';
import { otherWays } from './other-ways.js';
import { type ProtectedStore, resourceOf } from './protected-store.js';
import { queuePolicy } from './queue.js';
import { secondUsers } from './second-users.js';
import { policyPlace } from './table.js';
import { unprotectedStores } from './unprotected.js';

/**
 * What weakens the stores of a domain and can only be seen when everything has been declared, in its stage. What is
 * changed in the stores themselves is compared where each is protected (`keepAsMade`).
 */
export function storeProblems(domain: Construct, key: Key, stores: readonly ProtectedStore[]): string[] {
  const root = Stage.of(domain) ?? domain.node.root;
  const workloads = [...new Set(stores.flatMap(({ roles }) => roles))];
  const ofKey = {
    of: domain,
    resource: key.node.defaultChild as CfnKey,
    property: 'KeyPolicy',
    roles: workloads,
    mayNameAccount: true,
    reads: [],
  };
  const trusts = workloads.map((role) => ({
    of: role,
    resource: role.node.defaultChild as CfnRole,
    property: 'AssumeRolePolicyDocument',
    roles: [],
    mayNameAccount: false,
    reads: [],
  }));
  return [
    ...otherRights(root, stores),
    ...openPolicies([ofKey, ...trusts, ...stores.flatMap(ownPolicy)]),
    ...otherWays(root, stores),
    ...copies(root, stores),
    ...publicInstances(root, stores),
    ...unprotectedStores(root, domain, key, stores),
    ...secondUsers(domain.node.root, stores),
  ].map(({ code, message }) => `${code}: ${message}`);
}

/** Databases and caches have none. */
function ownPolicy({ store, roles }: ProtectedStore): OwnPolicy[] {
  const own = (resource: CfnResource, property: string, ...reads: string[]) => [
    { of: store, resource, property, roles, mayNameAccount: true, reads },
  ];
  if (store instanceof Bucket)
    return own(store.policy!.node.defaultChild as CfnResource, 'PolicyDocument', 's3:GetObject');
  if (store instanceof Queue) return own(queuePolicy(store), 'PolicyDocument', 'sqs:ReceiveMessage');
  if (store instanceof Table || store instanceof TableV2) {
    const reads = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'];
    return own(resourceOf(store), policyPlace(store), ...reads);
  }
  return [];
}
