import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { CfnRole, type IRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { inside, JSON_TEXTS, putIntoFile } from '../support/embedded-json.js';
import { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import { synthesizedProperties } from '../support/synthesized.js';

/** A role that is a workload's identity. */
export interface Identity extends IConstruct {
  readonly service: string;
  readonly role: IRole;
}

/** A place of a template at which something is given a role to act by. */
interface RoleUse {
  readonly resource: CfnResource;
  /** Such as `TaskRoleArn`. */
  readonly property: string;
  readonly value: unknown;
}

/** `Role`, `Roles`, `TaskRoleArn`, `ServiceRole`, `AuthorizerCredentials`, … as CloudFormation writes them, or as a call does. */
const ROLE = /^(?:[A-Za-z]*)?(?:Role(?:s|Arns?|ARN|Name)?|Credentials(?:Arn)?)$/i;
/** Maps whose keys are of a user's own; in the text of a call they are what it is called with. */
const OPAQUE = new Set(['Variables', 'Parameters', 'Tags']);
/** Beginnings of types that say what a role is and may, and of types that are many and act by no role. */
const ACT_BY_NONE = [
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::CloudWatch::',
  'AWS::EC2::Route',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::Subnet',
  'AWS::EC2::VPC',
  'AWS::KMS::',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::SSM::Parameter',
  'AWS::ServiceDiscovery::',
  'AWS::WAFv2::',
];

/**
 * What else in the tree acts by the role of a workload, and so has its identity: a task definition that never joined, a
 * job, a function. One pass over the tree for all identities, overrides included. Ask while
 * `root`, a stage or the app, is validated: what is rendered before stays as it is then.
 */
export function sharedIdentities(root: IConstruct, identities: readonly Identity[]): ConstructError[] {
  const uses = root.node.findAll().flatMap(usesOf);
  return identities.flatMap((identity) => {
    const mentions = new Mentions({ construct: identity.role, values: valuesOf(identity.role) });
    const others = uses.filter(({ resource, value }) => mentions.isIn(Stack.of(resource), value));
    const own = taskDefinitionOf(identity) ?? soleTaskDefinition(others);
    return others.filter(({ resource }) => resource !== own).map((use) => shared(identity, use));
  });
}

/** A role's name is known by a reference, and as a literal if the app gives it one. */
export function namesOf(role: IRole): readonly string[] {
  const resource = role.node.defaultChild;
  const literal = resource instanceof CfnRole ? resource.roleName : undefined;
  return literal === undefined ? [role.roleName] : [role.roleName, literal];
}

const valuesOf = (role: IRole) => [role.roleArn, ...namesOf(role)];

function usesOf(node: IConstruct): RoleUse[] {
  if (!CfnResource.isCfnResource(node) || ACT_BY_NONE.some((type) => node.cfnResourceType.startsWith(type)))
    return [];
  return usesIn(synthesizedProperties(node)).map((use) => ({ ...use, resource: node }));
}

function usesIn(value: unknown, isText = false): Omit<RoleUse, 'resource'>[] {
  if (typeof value !== 'object' || value === null) return [];
  const owner = value as Readonly<Record<string, unknown>>;
  return [
    ...putIntoFile(owner).map((put) => ({ property: 'DefinitionSubstitutions', value: put })),
    ...Object.keys(owner).flatMap((property) => {
      if (!isText && OPAQUE.has(property)) return [];
      const inner = inside(owner, property);
      if (ROLE.test(property)) return [{ property, value: inner }];
      return usesIn(inner, isText || JSON_TEXTS.has(property));
    }),
  ];
}

/** A record of `join` stands below its task definition. */
function taskDefinitionOf(identity: Identity): CfnResource | undefined {
  return identity.node.scopes
    .map(({ node }) => node.defaultChild)
    .findLast((resource) => resource instanceof CfnTaskDefinition);
}

/** Of a record that stands elsewhere: the first, so that a second one is seen. */
function soleTaskDefinition(uses: readonly RoleUse[]): CfnResource | undefined {
  return uses.find(({ resource }) => resource instanceof CfnTaskDefinition)?.resource;
}

function shared(identity: Identity, { resource, property }: RoleUse): ConstructError {
  return new ConstructError(identity, {
    code: 'role-used-elsewhere',
    message: `the role is the identity of ${identity.service}, and something else would have it too`,
    prop: 'role',
    found: `${property} of ${resource.node.path} (${resource.cfnResourceType})`,
    expected: `no other than the task definition of ${identity.service}`,
    remedy: 'Give it a role of its own, or make it a service of the model that joins.',
  });
}
