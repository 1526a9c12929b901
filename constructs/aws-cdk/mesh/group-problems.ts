import { Stack, Stage } from 'aws-cdk-lib';
import { CfnSecurityGroup, type ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { isWide } from '../../../lib/rules/cloudformation/support/wide-range.js';
import { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import type { AttachedPoint } from './attachment.js';
import { type GroupRule, groupRules } from './group-rules.js';
import type { MeshBase } from './mesh-base.js';
import { PORTS } from './ports.js';
import { outsidePorts } from './refs.js';

/**
 * Rules that let somebody past a member's sidecar, such as those that a load balancer makes for its targets, or let the
 * member out to everybody. A member's group lets in at the sidecar's port alone, and groups alone; where it may go
 * besides its peers is the user's to say, as long as it is somewhere. The egress gateway's group lets workloads in, and out
 * to wherever is at the ports of the hosts that the model names.
 */
export function groupProblems(mesh: MeshBase, points: readonly AttachedPoint[]): ConstructError[] {
  const rules = groupRules(Stage.of(mesh) ?? mesh.node.root);
  const { egress } = mesh.plan;
  const ports = outsidePorts(mesh.plan);
  const members = points.filter(({ name }) => name !== egress?.key);
  const gateways = points.filter(({ name }) => name === egress?.key);
  return [
    ...wrong(rules, members, isOfMember).map((found) => openedMember(mesh, found)),
    ...wrong(rules, gateways, (rule) => isOfEgress(rule, ports)).map((found) =>
      openedEgress(mesh, found, ports),
    ),
  ];
}

interface Wrong extends GroupRule {
  readonly point: AttachedPoint;
}

/** Rules of these points' groups that are not right. */
function wrong(
  rules: readonly GroupRule[],
  points: readonly AttachedPoint[],
  isRight: (rule: GroupRule) => boolean,
): Wrong[] {
  const found = rules.filter((rule) => !isRight(rule));
  if (found.length === 0) return [];
  return points.flatMap((point) => {
    const mentions = groupMentions(point.securityGroup);
    return found
      .filter(({ resource, group }) => mentions.isIn(Stack.of(resource), group))
      .map((rule) => ({ ...rule, point }));
  });
}

/** Every way in which a template says a group that is made here. */
function groupMentions(group: ISecurityGroup): Mentions {
  const resource = group.node.defaultChild;
  const others = resource instanceof CfnSecurityGroup ? [resource.ref, resource.attrId] : [];
  return new Mentions({ construct: group, values: [group.securityGroupId, ...others] });
}

function isOfMember({ direction, rule }: GroupRule): boolean {
  if (direction === 'in') return isAt(rule, new Set([PORTS.inbound])) && isFromGroup(rule);
  const { CidrIp, CidrIpv6 } = rule;
  return ![CidrIp, CidrIpv6].some((range) => typeof range === 'string' && isWide(range));
}

function isOfEgress({ direction, rule }: GroupRule, ports: ReadonlySet<unknown>): boolean {
  if (direction === 'in') return isAt(rule, new Set([PORTS.inbound, PORTS.tunnel])) && isFromGroup(rule);
  return isAt(rule, ports) || rule['DestinationSecurityGroupId'] !== undefined || isNothing(rule);
}

function isAt({ IpProtocol, FromPort, ToPort }: GroupRule['rule'], ports: ReadonlySet<unknown>): boolean {
  return IpProtocol === 'tcp' && FromPort === ToPort && ports.has(FromPort);
}

function isFromGroup({ SourceSecurityGroupId }: GroupRule['rule']): boolean {
  return SourceSecurityGroupId !== undefined;
}

/** What the CDK writes into a group without rules, so that EC2 adds none. */
function isNothing({ CidrIp }: GroupRule['rule']): boolean {
  return CidrIp === '255.255.255.255/32';
}

function openedMember(mesh: MeshBase, { resource, direction, rule, point: { name } }: Wrong): ConstructError {
  const isIn = direction === 'in';
  return new ConstructError(mesh, {
    code: 'member-group-opened',
    message: isIn
      ? `a rule lets somebody past the sidecar of ${name}, to whom no token and no rule of the model is asked`
      : `a rule lets ${name} out to everybody`,
    found: `${resource.node.path}: ${JSON.stringify(rule)}`.slice(0, 300),
    expected: isIn
      ? `port ${PORTS.inbound} alone, from groups: what the mesh makes of the model's rules`
      : 'a group, a prefix list or a range of addresses',
    remedy: isIn
      ? 'Remove the rule, and the load balancer that made it; users come through the gateway (host in the model), workloads by a rule.'
      : 'Name where it goes; a host outside is an egress rule of the model, and what every workload needs of AWS are endpoints of the mesh.',
  });
}

function openedEgress(
  mesh: MeshBase,
  { resource, direction, rule }: Wrong,
  ports: ReadonlySet<number>,
): ConstructError {
  const isIn = direction === 'in';
  return new ConstructError(mesh, {
    code: 'egress-group-opened',
    message: isIn
      ? 'a rule lets somebody else than workloads reach the egress gateway'
      : 'a rule lets the egress gateway out where no host of the model is',
    found: `${resource.node.path}: ${JSON.stringify(rule)}`.slice(0, 300),
    expected: isIn
      ? `ports ${PORTS.inbound} and ${PORTS.tunnel}, from groups: what the mesh makes of the model's rules`
      : `TCP at ${[...ports].join(', ')}`,
    remedy: 'Remove the rule; where calls may go to, and who makes them, egress rules of the model say.',
  });
}
