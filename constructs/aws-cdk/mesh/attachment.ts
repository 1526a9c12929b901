import { Stack, Token } from 'aws-cdk-lib';
import { FargateService } from 'aws-cdk-lib/aws-ecs';
import { ConstructError, type ConstructProblem } from '../support/error.js';
import { isSameValue } from '../support/same-value.js';
import { writtenIn } from '../support/written-in.js';
import { groupRules } from './group-rules.js';
import type { MeshMember } from './member.js';
import type { MeshBase } from './mesh-base.js';
import type { AttachedPoint, RunsByPoint } from './point-runs.js';
import { get, type TaskRun } from './task-runs.js';

/** Throws for an ECS service that cannot be this member. */
export function checkAttached(
  mesh: MeshBase,
  { service: name, taskDefinition }: MeshMember,
  service: FargateService,
  before: FargateService | undefined,
): void {
  const fail = (code: string, message: string, found: string, expected: string, remedy: string) =>
    new ConstructError(mesh, { code, message, prop: `${name}.attach`, found, expected, remedy });
  if (before) {
    throw fail(
      'attached-twice',
      `${name} has an ECS service already`,
      `${before.node.path} and ${service.node.path}`,
      'one ECS service for each service',
      'Remove one attach.',
    );
  }
  if (service.taskDefinition !== taskDefinition) {
    throw fail(
      'other-task-definition',
      'the ECS service runs tasks without this sidecar',
      service.taskDefinition.node.path,
      taskDefinition.node.path,
      'Attach the service of the task definition that joined.',
    );
  }
  const [own, others] = [mesh.vpc.vpcId, service.cluster.vpc.vpcId];
  // A literal and a reference may be one VPC all the same.
  const comparable = Token.isUnresolved(own) === Token.isUnresolved(others);
  if (mesh.vpc !== service.cluster.vpc && comparable && !isSameValue(own, others)) {
    throw fail(
      'other-vpc',
      "the mesh's security groups and names are of another VPC",
      service.cluster.vpc.node.path,
      mesh.vpc.node.path,
      'Run the service in a cluster of the VPC of the mesh.',
    );
  }
}

/**
 * What is wrong with the network of tasks of the mesh and with what they are given, whatever runs them, once everything
 * has been declared.
 */
export function networkProblems(mesh: MeshBase, runsOf: RunsByPoint): string[] {
  const services = mesh.node.root.node.findAll().filter((node) => node instanceof FargateService);
  const dropped = new Map<string, FargateService>();
  const problems: ConstructError[] = [];
  for (const [point, runs] of runsOf) {
    const { taskDefinition, securityGroup } = point;
    problems.push(...runs.flatMap((run) => runProblems(mesh, point, run)));
    for (const service of services.filter((item) => item.taskDefinition === taskDefinition)) {
      for (const group of service.connections.securityGroups) {
        if (group !== securityGroup) dropped.set(group.securityGroupId, service);
      }
    }
  }
  if (dropped.size > 0) problems.push(...namedByRules(mesh, dropped));
  return problems.map(({ code, message }) => `${code}: ${message}`);
}

function runProblems(mesh: MeshBase, point: AttachedPoint, run: TaskRun): ConstructError[] {
  const { resource, securityGroups, assignPublicIp, overrides } = run;
  const where = `${resource.node.path} (${resource.cfnResourceType})`;
  const problems: ConstructError[] = [];
  const add = (problem: Omit<ConstructProblem, 'prop'>) =>
    problems.push(new ConstructError(mesh, { prop: point.name, ...problem }));
  const only = writtenIn(Stack.of(resource), point.securityGroup.securityGroupId);
  if (only === undefined || JSON.stringify(securityGroups) !== `[${only}]`) {
    add({
      code: 'not-attached',
      message: 'the tasks have another network than the access rules give them',
      found: where,
      expected: "the member's security group, and no other",
      remedy:
        'Call attach with the ECS service on what join returns; give another way of running the task that securityGroup alone.',
    });
  }
  if (assignPublicIp !== undefined && assignPublicIp !== 'DISABLED') {
    add({
      code: 'public-address',
      message: 'the tasks have a public address, past the gateway and the key tunnel',
      found: `${where}, assignPublicIp`,
      remedy: 'Leave assignPublicIp out, and run the service in private subnets.',
    });
  }
  const changed =
    overrides === 'unknown'
      ? ['that only the run knows']
      : overrides.flatMap((item) => overridden(item, point));
  for (const found of changed) {
    add({
      code: 'task-overridden',
      message: 'the tasks would have another role, or another sidecar, than their definition',
      found: `${where}: ${found}`,
      expected: "literal overrides of the application's containers alone",
      remedy:
        "Remove the override of the role or of the sidecar's container; a field of an event may be all of a value, not a part of a text.",
    });
  }
  return problems;
}

/** What an override of a run does to the identity or the agent. */
function overridden(overrides: unknown, { agent }: AttachedPoint): string[] {
  // The last is how a target of the CDK writes it.
  const role = ['TaskRoleArn', 'TaskRoleArn.$', 'TaskRole'].find(
    (name) => get(overrides, name) !== undefined,
  );
  const containers = get(overrides, 'ContainerOverrides') ?? [];
  const isKnown = Array.isArray(containers) && get(overrides, 'ContainerOverrides.$') === undefined;
  const others = isKnown
    ? containers
        .map((container) => get(container, 'Name'))
        .filter((name) => typeof name !== 'string' || name === agent)
        .map((name) => `the container ${JSON.stringify(name) ?? 'of no literal name'}`)
    : ['containerOverrides that are not literal'];
  return [...(role === undefined ? [] : [role]), ...others];
}

/** Rules that name a group which no task of a member has: what they open stays closed, and nobody would see why. */
function namedByRules(mesh: MeshBase, dropped: ReadonlyMap<string, FargateService>): ConstructError[] {
  const found = new Set<string>();
  for (const { resource, group, direction, rule, isInline } of groupRules(mesh.node.root)) {
    // A group that only says where its members go opens nothing by itself; whom its rules let in, it does.
    const own = isInline && direction === 'out' ? undefined : group;
    const named = [own, rule['SourceSecurityGroupId'], rule['DestinationSecurityGroupId']].map((id) =>
      JSON.stringify(id),
    );
    for (const id of dropped.keys()) {
      const written = writtenIn(Stack.of(resource), id);
      if (written !== undefined && named.includes(written)) found.add(id);
    }
  }
  return [...found].map((group) => {
    const service = dropped.get(group)!;
    return new ConstructError(mesh, {
      code: 'rule-for-dropped-group',
      message: 'a rule names a security group that the tasks do not have: a member has its own group alone',
      found: service.node.path,
      expected: 'a rule for the securityGroup of what join returns',
      remedy:
        'Open to that group instead, such as db.connections.allowFrom(member.securityGroup, …), or make the service with it.',
    });
  });
}
