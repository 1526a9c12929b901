import { CfnResource, Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { namesOf } from '../authority/role-uses.js';
import type { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { isAdministration } from './administration.js';
import { connectAction, connectsByWildcard } from './connecting.js';
import { dataError } from './domain-context.js';
import { naming, type ProtectedStore, resourceOf } from './protected-store.js';
import { type Allowed, allowedBy, deniedBy, isActionIn } from './statements.js';

/** A resource that gives rights, and who has them. */
interface Rights {
  readonly resource: CfnResource;
  readonly allowed: readonly Allowed[];
  /** Actions that it denies of everything. */
  readonly denied: readonly string[];
  /** Names of roles, users and groups as its template has them, or what has a policy of its own in it. */
  readonly holders: readonly unknown[];
}

const HOLDERS = ['Roles', 'RoleName', 'Users', 'UserName', 'Groups', 'GroupName'];
const ATTACHED = [
  'AWS::IAM::Policy',
  'AWS::IAM::RolePolicy',
  'AWS::IAM::UserPolicy',
  'AWS::IAM::GroupPolicy',
];
const MANAGED = 'AWS::IAM::ManagedPolicy';
/** What has policies within it, and may have managed ones. */
const IDENTITIES = ['AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group', 'AWS::SSO::PermissionSet'];

/** Somebody else than the workloads of a store who has rights on it. Ask while `root` is validated. */
export function otherRights(root: IConstruct, stores: readonly ProtectedStore[]): ConstructError[] {
  const all = root.node.findAll().filter((node) => CfnResource.isCfnResource(node));
  const rights = rightsIn(all);
  return stores.flatMap((entry) => {
    const isNamed = naming(entry.store);
    const isWorkload = isOneOf(entry.roles);
    const resourceOfStore = resourceOf(entry.store);
    const connecting = connectAction(resourceOfStore) ?? '';
    return rights
      .filter(({ resource, allowed, denied }) => {
        const stack = Stack.of(resource);
        const mayConnect = !denied.some((action) => isActionIn(action, connecting));
        return allowed.some(
          (item) =>
            (isNamed(stack, item.resources) && !item.actions.every(isAdministration)) ||
            (mayConnect && connectsByWildcard(resourceOfStore, stack, item)),
        );
      })
      .filter(({ holders }) => holders.length === 0 || !holders.every(isWorkload))
      .map(({ resource }) =>
        dataError(
          entry.store,
          'data-other-role',
          'somebody else than the workloads has rights on the store',
          'Take the grant away, or protect the store for that workload.',
          { found: resource.node.path },
        ),
      );
  });
}

function rightsIn(all: readonly CfnResource[]): Rights[] {
  const identities = all.filter(({ cfnResourceType }) => IDENTITIES.includes(cfnResourceType));
  return all.flatMap((resource) => {
    const { cfnResourceType: type } = resource;
    const isIdentity = IDENTITIES.includes(type);
    if (!isIdentity && type !== MANAGED && !ATTACHED.includes(type)) return [];
    const properties = synthesizedProperties(resource);
    const { PolicyDocument, InlinePolicy, Policies = [] } = properties;
    const inside = [Policies].flat() as { readonly PolicyDocument?: unknown }[];
    const documents = [PolicyDocument, InlinePolicy, ...inside.map((policy) => policy.PolicyDocument)];
    const allowed = documents.flatMap(allowedBy);
    if (allowed.length === 0) return [];
    const denied = documents.flatMap(deniedBy);
    const stack = Stack.of(resource);
    const named = HOLDERS.flatMap((name) => [properties[name] ?? []].flat()).map((value) => ({
      stack,
      value,
    }));
    const attached = type === MANAGED ? having('ManagedPolicyArns', identities, resource) : [];
    const holders = isIdentity ? [resource] : [...named, ...attached];
    // A boundary gives nothing: it is what others may give at most.
    const isBoundary =
      type === MANAGED &&
      holders.length === 0 &&
      having('PermissionsBoundary', identities, resource).length > 0;
    return isBoundary ? [] : [{ resource, allowed, denied, holders }];
  });
}

/** Identities that have a managed policy as this. */
function having(property: string, identities: readonly CfnResource[], policy: CfnResource): CfnResource[] {
  const { ManagedPolicyName: name } = synthesizedProperties(policy);
  const values = [policy.ref, ...(typeof name === 'string' ? [name] : [])];
  const mentions = new Mentions({ construct: policy, values });
  return identities.filter((identity) =>
    mentions.isIn(Stack.of(identity), synthesizedProperties(identity)[property] ?? null),
  );
}

/** Whether a holder is one of these roles, itself or by a name of it. */
function isOneOf(roles: readonly IRole[]): (holder: unknown) => boolean {
  const resources = new Set<unknown>(roles.map(({ node }) => node.defaultChild));
  const mentions = roles.map(
    (role) => new Mentions({ construct: role, values: [role.roleArn, ...namesOf(role)] }),
  );
  return (holder) => {
    if (CfnResource.isCfnResource(holder as IConstruct)) return resources.has(holder);
    const { stack, value } = holder as { readonly stack: Stack; readonly value: unknown };
    return mentions.some((mention) => mention.isIn(stack, value));
  };
}
