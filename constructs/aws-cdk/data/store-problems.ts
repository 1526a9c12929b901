import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSecurityGroupIngress, type ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnManagedPolicy, CfnPolicy, CfnRole, type IRole } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { CfnReplicationGroup } from 'aws-cdk-lib/aws-elasticache';
import { DatabaseCluster, DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { Construct, IConstruct } from 'constructs';
import type { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { dataError } from './domain-context.js';
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

/** What weakens stores and can only be seen when everything has been declared. */
export function storeProblems(domain: Construct, stores: readonly ProtectedStore[], key: Key): string[] {
  const all = domain.node.root.node.findAll();
  return stores
    .flatMap((entry) => [
      ...otherRoles(entry, all),
      ...openPolicies(entry, all),
      ...otherWays(entry, all),
      ...undone(entry, key),
    ])
    .map(({ message }) => message);
}

/** How a resource is named in what others say of it, in its own stack and in every other. */
function namesOf(store: IConstruct): string[] {
  const resource = resourceOf(store);
  return [Stack.of(resource).resolve(resource.logicalId) as string];
}

function resourceOf(store: IConstruct): CfnResource {
  return store instanceof CfnResource ? store : (store.node.defaultChild as CfnResource);
}

function otherRoles({ store, roles }: ProtectedStore, all: readonly IConstruct[]): ConstructError[] {
  const names = namesOf(store);
  const own = new Set(roles.map((role) => role.node.defaultChild));
  return all.flatMap((node) => {
    const isPolicy = node instanceof CfnPolicy || node instanceof CfnManagedPolicy || node instanceof CfnRole;
    if (!isPolicy) return [];
    const text = JSON.stringify(synthesizedProperties(node));
    if (!names.some((name) => text.includes(name))) return [];
    const holders = new Set(node instanceof CfnRole ? [node] : attachedTo(node, all));
    if (holders.size > 0 && [...holders].every((role) => own.has(role))) return [];
    return [
      dataError(
        store,
        'data-other-role',
        'somebody else than the workloads has rights on the store',
        'Take the grant away, or protect the store for that workload.',
        { found: node.node.path },
      ),
    ];
  });
}

function attachedTo(policy: CfnPolicy | CfnManagedPolicy, all: readonly IConstruct[]): CfnRole[] {
  const { Roles = [] } = synthesizedProperties(policy) as { Roles?: unknown[] };
  const attached = JSON.stringify(Roles);
  return all.filter(
    (node): node is CfnRole =>
      node instanceof CfnRole && attached.includes(Stack.of(node).resolve(node.logicalId) as string),
  );
}

interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
}

/** A policy of the store's own that allows anybody. */
function openPolicies({ store }: ProtectedStore, all: readonly IConstruct[]): ConstructError[] {
  const names = namesOf(store);
  return all.flatMap((node) => {
    if (!(node instanceof CfnResource) || !POLICIES.includes(node.cfnResourceType)) return [];
    const properties = synthesizedProperties(node);
    const isOwn =
      node === resourceOf(store) || names.some((name) => JSON.stringify(properties).includes(name));
    if (!isOwn) return [];
    const documents = [
      properties['PolicyDocument'],
      (properties['ResourcePolicy'] as { PolicyDocument?: unknown } | undefined)?.PolicyDocument,
    ];
    const statements = documents.flatMap(
      (document) => (document as { Statement?: Statement[] } | undefined)?.Statement ?? [],
    );
    if (!statements.some(({ Effect, Principal }) => Effect === 'Allow' && isAnybody(Principal))) return [];
    return [
      dataError(
        store,
        'data-open-policy',
        'the policy of the store allows anybody',
        'Take the statement away, or name who it is for.',
        { found: node.node.path, expected: 'no `*` as principal of an Allow' },
      ),
    ];
  });
}

const POLICIES = ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::DynamoDB::Table'];

function isAnybody(principal: unknown): boolean {
  if (typeof principal === 'string') return principal === '*';
  if (typeof principal !== 'object' || principal === null) return false;
  return Object.values(principal).flat().includes('*');
}

/** Rules that open the store's group to others than the workloads. */
function otherWays({ store, groups, doors }: ProtectedStore, all: readonly IConstruct[]): ConstructError[] {
  const resolved = (value: unknown) => JSON.stringify(Stack.of(store).resolve(value));
  const own = new Set(doors.map(({ securityGroupId }) => resolved(securityGroupId)));
  const known = new Set(groups.map(({ securityGroupId }) => resolved(securityGroupId)));
  const isKnown = (source: unknown) => source !== undefined && known.has(resolved(source));
  const inline = doors.flatMap((group) => {
    const resource = group.node.defaultChild;
    if (!(resource instanceof CfnSecurityGroup)) return [];
    const rules = (synthesizedProperties(resource)['SecurityGroupIngress'] ?? []) as {
      SourceSecurityGroupId?: unknown;
    }[];
    return rules.some(({ SourceSecurityGroupId }) => !isKnown(SourceSecurityGroupId)) ? [resource] : [];
  });
  const separate = all.filter(
    (node): node is CfnSecurityGroupIngress =>
      node instanceof CfnSecurityGroupIngress &&
      own.has(resolved(node.groupId)) &&
      !isKnown(node.sourceSecurityGroupId),
  );
  return [...inline, ...separate].map((node) =>
    dataError(
      store,
      'data-open-network',
      'somebody else than the workloads reaches the port of the store',
      'Take the rule away, or protect the store for that workload.',
      { found: node.node.path },
    ),
  );
}

/** What the app has taken back since: an override, or a property that was set anew. */
function undone({ store }: ProtectedStore, key: Key): ConstructError[] {
  const resource = resourceOf(store);
  const properties = synthesizedProperties(resource);
  const text = JSON.stringify(properties);
  const keyName = Stack.of(key).resolve((key.node.defaultChild as CfnResource).logicalId) as string;
  const isDatabase = store instanceof DatabaseInstance || store instanceof DatabaseCluster;
  const isCache = store instanceof CfnReplicationGroup;
  const wrong = [
    ...(text.includes(keyName) ? [] : ['the key of the domain']),
    ...(isDatabase && properties['StorageEncrypted'] !== true ? ['StorageEncrypted'] : []),
    ...(isCache
      ? ['AtRestEncryptionEnabled', 'TransitEncryptionEnabled'].filter((name) => properties[name] !== true)
      : []),
    ...(isCache && properties['TransitEncryptionMode'] === 'preferred' ? ['TransitEncryptionMode'] : []),
    ...(isDatabase && properties['PubliclyAccessible'] === true ? ['PubliclyAccessible'] : []),
    ...(resource.cfnResourceType === 'AWS::S3::Bucket' && !isClosed(properties)
      ? ['PublicAccessBlockConfiguration']
      : []),
  ];
  return wrong.map((what) =>
    dataError(
      store,
      'data-undone',
      'what protects the store has been taken back',
      'Take the override away.',
      {
        found: `${resource.node.path}, ${what}`,
      },
    ),
  );
}

function isClosed(properties: Readonly<Record<string, unknown>>): boolean {
  const block = properties['PublicAccessBlockConfiguration'] as Readonly<Record<string, unknown>> | undefined;
  return Object.values(block ?? {}).filter((value) => value === true).length === 4;
}
