import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { mentionsOf } from './rules-by-group.js';
import type { TaskRun } from './task-runs.js';

/** A group of the mesh, and what may have it. */
export interface KeptGroup {
  readonly name: string;
  readonly securityGroup: ISecurityGroup;
  readonly own: ReadonlySet<CfnResource>;
  /** Of its tasks: what is its own may run a stranger's task as well. */
  readonly runs: ReadonlySet<TaskRun>;
}

/** What names a group and is not in it: its rules, and what has no address in a network. */
const NEVER_IN =
  /^AWS::(?:EC2::SecurityGroup(?:Ingress|Egress)?$|SSM::Parameter$|ECS::TaskDefinition$|(?:ApiGateway|CloudWatch|IAM|KMS|Logs|S3|SNS|ServiceDiscovery|WAFv2)::)/;

/** Where the address is, of what may name a group elsewhere, such as for a task that it starts. */
const PLACES: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'VpcConfig',
  'AWS::CodeBuild::Project': 'VpcConfig',
  'AWS::ECS::Service': 'NetworkConfiguration',
  'AWS::ECS::TaskSet': 'NetworkConfiguration',
};

/** However a service calls its property, and a literal id. */
const MAY_NAME = /group|"sg-/i;

/**
 * Whatever has a group of the mesh and is not of the mesh. Workloads are let out to groups and not to addresses, so it would be one
 * way out more for them: an endpoint to a stranger, a machine that hands on. Ask while the tree is validated.
 */
export function strangers(
  scope: IConstruct,
  groups: readonly KeptGroup[],
  runs: readonly TaskRun[],
): ConstructError[] {
  const kept = groups.map((group) => ({ ...group, mentions: mentionsOf(group.securityGroup) }));
  const all = (Stage.of(scope) ?? scope.node.root).node.findAll();
  // What is in those of the app is seen itself; another template may do with its parameters what it likes.
  const nested = new Set<unknown>(
    all.filter((node) => Stack.isStack(node)).map(({ nestedStackResource }) => nestedStackResource),
  );
  return all
    .filter((node) => CfnResource.isCfnResource(node))
    .filter((resource) => !NEVER_IN.test(resource.cfnResourceType) && !nested.has(resource))
    .map((resource) => ({ resource, value: placeOf(resource) }))
    .filter(({ value }) => MAY_NAME.test(JSON.stringify(value) ?? ''))
    .flatMap(({ resource, value }) =>
      kept
        .filter(({ own, runs: ownRuns, mentions }) => {
          const others = runs.filter((run) => run.resource === resource && !ownRuns.has(run));
          const has = (place: unknown) => mentions.isIn(Stack.of(resource), place ?? null);
          return own.has(resource) ? others.some(({ securityGroups }) => has(securityGroups)) : has(value);
        })
        .map(({ name }) => stranger(scope, name, resource)),
    );
}

function placeOf(resource: CfnResource): unknown {
  const properties = synthesizedProperties(resource);
  const place = PLACES[resource.cfnResourceType];
  return place === undefined ? properties : properties[place];
}

function stranger(scope: IConstruct, name: string, resource: CfnResource): ConstructError {
  return new ConstructError(scope, {
    code: 'stranger-in-group',
    message: `something else than the mesh made has the security group of ${name}, so rules of the mesh lead workloads to it`,
    found: `${resource.node.path} (${resource.cfnResourceType})`,
    expected: name === 'endpoints' ? 'endpoints that the mesh made' : `tasks of ${name} alone`,
    remedy:
      'Give it a group of its own, and open that to whom it concerns; an endpoint of AWS for tasks of the mesh makes mesh.endpoints?.add(…).',
  });
}
