import { Stack, Token } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { type CfnService, FargateService } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { isSameValue } from '../support/same-value.js';
import { synthesizedProperties } from '../support/synthesized.js';
import type { MeshMember } from './member.js';
import type { MeshBase } from './mesh-base.js';

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

interface Network {
  readonly AwsvpcConfiguration?: { readonly AssignPublicIp?: string; readonly SecurityGroups?: unknown };
}

/** What is wrong with the network of members' ECS services, once everything has been declared. */
export function networkProblems(mesh: MeshBase, members: readonly MeshMember[]): string[] {
  const all = mesh.node.root.node.findAll();
  const services = all.filter((node) => node instanceof FargateService);
  const dropped = new Map<string, FargateService>();
  const problems: ConstructError[] = [];
  for (const member of members) {
    for (const service of services.filter(({ taskDefinition }) => taskDefinition === member.taskDefinition)) {
      problems.push(...problemsOf(mesh, member, service));
      for (const group of service.connections.securityGroups) {
        if (group !== member.securityGroup) dropped.set(group.securityGroupId, service);
      }
    }
  }
  if (dropped.size > 0) problems.push(...namedByRules(mesh, all, dropped));
  return problems.map(({ message }) => message);
}

function problemsOf(mesh: MeshBase, member: MeshMember, service: FargateService): ConstructError[] {
  const resource = service.node.defaultChild as CfnService;
  const network = synthesizedProperties(resource)['NetworkConfiguration'] as Network | undefined;
  const { SecurityGroups, AssignPublicIp } = network?.AwsvpcConfiguration ?? {};
  const only = Stack.of(resource).resolve([member.securityGroup.securityGroupId]) as unknown;
  const problems: ConstructError[] = [];
  if (JSON.stringify(SecurityGroups) !== JSON.stringify(only)) {
    problems.push(
      new ConstructError(mesh, {
        code: 'not-attached',
        message: 'the tasks have another network than the access rules give them',
        prop: member.service,
        found: service.node.path,
        expected: "the member's security group, and no other",
        remedy: 'Call attach with the ECS service on what join returns.',
      }),
    );
  }
  if (AssignPublicIp === 'ENABLED') {
    problems.push(
      new ConstructError(mesh, {
        code: 'public-address',
        message: 'the tasks have a public address, past the gateway and the key tunnel',
        prop: member.service,
        found: `${service.node.path}, assignPublicIp`,
        remedy: 'Leave assignPublicIp out, and run the service in private subnets.',
      }),
    );
  }
  return problems;
}

/** Rules that name a group which no task of a member has: what they open stays closed, and nobody would see why. */
function namedByRules(
  mesh: MeshBase,
  all: readonly IConstruct[],
  dropped: ReadonlyMap<string, FargateService>,
): ConstructError[] {
  const isDropped = (text: unknown) =>
    typeof text === 'string' && [...dropped.keys()].find((id) => isSameValue(id, text));
  const found = new Set<string>();
  for (const node of all) {
    const named =
      node instanceof CfnSecurityGroupIngress
        ? [node.groupId, node.sourceSecurityGroupId]
        : node instanceof CfnSecurityGroupEgress
          ? [node.groupId, node.destinationSecurityGroupId]
          : node instanceof CfnSecurityGroup
            ? inlinePeers(node, dropped)
            : [];
    for (const text of named) {
      const group = isDropped(text);
      if (group) found.add(group);
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

/** The groups that a group's own rules name; the group itself, if its rules let somebody in. */
function inlinePeers(group: CfnSecurityGroup, dropped: ReadonlyMap<string, unknown>): unknown[] {
  const stack = Stack.of(group);
  const rules = (found: unknown) => (stack.resolve(found) ?? []) as Record<string, unknown>[];
  const ingress = rules(group.securityGroupIngress);
  const peers = [...ingress, ...rules(group.securityGroupEgress)].flatMap((rule) => [
    rule['sourceSecurityGroupId'],
    rule['destinationSecurityGroupId'],
  ]);
  const resolved = new Map([...dropped.keys()].map((id) => [JSON.stringify(stack.resolve(id)), id]));
  return [
    ...peers.map((peer) => resolved.get(JSON.stringify(peer))),
    ...(ingress.length > 0 ? [group.attrGroupId] : []),
  ];
}
