import { Stack } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Effect, type IRole, type Policy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct, IConstruct } from 'constructs';
import { isSameValue } from '../support/same-value.js';
import { ConstructError } from '../support/error.js';
import type { ProtectStoreOptions } from './props.js';

/** One workload and one store, as the parts of this folder take it. */
export interface Protection {
  /** Where what is made for the two stands: beside the store, so that stacks depend on one another one way only. */
  readonly scope: Construct;
  /** The workload's rights on the store; stands there, too. */
  readonly policy: Policy;
  readonly key: IKey;
  /** Of the plan: one for each environment. */
  readonly trustDomain: string;
  /** The service. */
  readonly workload: string;
  readonly role: IRole;
  readonly securityGroup: ISecurityGroup;
  readonly options: ProtectStoreOptions;
  /** The first workload of this store: what is about the store alone is done once. */
  readonly isFirst: boolean;
}

export function dataError(
  scope: IConstruct,
  code: string,
  message: string,
  remedy: string,
  detail: { readonly found?: string; readonly expected?: string; readonly prop?: string } = {},
): ConstructError {
  return new ConstructError(scope, { code, message, remedy, ...detail });
}

/** Throws for a store that is encrypted by another key, or by none where that cannot be changed in place. */
export function checkKey(store: IConstruct, own: unknown, { key }: Protection, prop: string): void {
  const isOwn = typeof own === 'string' && (isSameValue(own, key.keyArn) || isSameValue(own, key.keyId));
  if (isOwn) return;
  throw dataError(
    store,
    own === undefined ? 'data-not-encrypted' : 'data-other-key',
    own === undefined
      ? "the store is not encrypted by its domain's key, and cannot be without being replaced"
      : 'the store is encrypted by another key than that of its domain',
    `Make it with the key of the domain as \`${prop}\`. A store that is deployed already has to be copied into a new one.`,
    { prop, expected: key.node.path },
  );
}

/** Let the workload's role do this with the resources, and nothing else. */
export function grant(
  { policy }: Protection,
  actions: readonly string[],
  resources: readonly string[],
): void {
  policy.addStatements(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
}

/** Let the workload's role use the key, through the one service alone. */
export function grantKey({ key, policy, options }: Protection, service: string): void {
  const { access = 'readWrite' } = options;
  const { region } = Stack.of(key);
  policy.addStatements(
    new PolicyStatement({
      actions: ['kms:Decrypt', ...(access === 'read' ? [] : ['kms:GenerateDataKey'])],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
    }),
  );
}

/** Denies a resource's own policy adds: everything that is not TLS, and everybody but the workloads. */
export function denyWithoutTls(resources: readonly string[], actions: string): PolicyStatement {
  return everybody('TlsOnly', actions, resources, { Bool: { 'aws:SecureTransport': 'false' } });
}

export function denyOthers(
  actions: readonly string[],
  resources: readonly string[],
  roles: readonly string[],
): PolicyStatement {
  return everybody('WorkloadsOnly', actions, resources, {
    ArnNotEquals: { 'aws:PrincipalArn': roles },
    // Services of AWS act for the account, such as when they move messages to a dead-letter queue.
    BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
  });
}

export function everybody(
  sid: string,
  actions: string | readonly string[],
  resources: readonly string[],
  conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): PolicyStatement {
  return PolicyStatement.fromJson({
    Sid: sid,
    Effect: Effect.DENY,
    Principal: { AWS: '*' },
    Action: actions,
    Resource: resources,
    Condition: conditions,
  });
}

/** A role of this app; of another nobody would see what else it may do. */
export function ownRole(scope: IConstruct, role: IRole, workload: string): IRole {
  if (role instanceof Role) return role;
  throw dataError(
    scope,
    'data-imported-role',
    "the workload's task role is not made in this app, and would get no grant",
    'Give the task definition a role of this app, or leave its `taskRole` out.',
    { prop: `clients.${workload}.taskDefinition`, found: role.node.path, expected: 'a Role of this app' },
  );
}
