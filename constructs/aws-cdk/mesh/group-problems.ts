import { Stack, Stage } from 'aws-cdk-lib';
import { ConstructError } from '../support/error.js';
import type { AttachedPoint } from './attachment.js';
import { type GroupRule, groupRules } from './group-rules.js';
import type { MeshBase } from './mesh-base.js';
import { PORTS } from './ports.js';

const EVERYBODY = new Set(['0.0.0.0/0', '::/0']);

/**
 * Rules that let somebody past a member's sidecar, such as those that a load balancer makes for its targets, or let the
 * member out to everybody. A member's group lets in at the sidecar's port alone, and groups alone; where it may go
 * besides its peers is the user's to say, as long as it is somewhere.
 */
export function groupProblems(mesh: MeshBase, members: readonly AttachedPoint[]): ConstructError[] {
  const textsByStack = new Map<Stack, ReadonlyMap<string, AttachedPoint>>();
  const memberOf = ({ resource, group }: GroupRule) => {
    const stack = Stack.of(resource);
    const known = textsByStack.get(stack) ?? textsIn(stack, members);
    textsByStack.set(stack, known);
    return known.get(JSON.stringify(group));
  };
  return groupRules(Stage.of(mesh) ?? mesh.node.root)
    .filter((rule) => !isRight(rule))
    .flatMap((rule) => {
      const member = memberOf(rule);
      return member ? [opened(mesh, member, rule)] : [];
    });
}

/** How the groups of members are written in the template of a stack. */
function textsIn(stack: Stack, members: readonly AttachedPoint[]): ReadonlyMap<string, AttachedPoint> {
  return new Map(
    members.map((member) => [JSON.stringify(stack.resolve(member.securityGroup.securityGroupId)), member]),
  );
}

function isRight({ direction, rule }: GroupRule): boolean {
  const { IpProtocol, FromPort, ToPort, CidrIp, CidrIpv6, SourceSecurityGroupId } = rule;
  if (direction === 'out') return ![CidrIp, CidrIpv6].some((range) => EVERYBODY.has(range as string));
  const isSidecar = IpProtocol === 'tcp' && FromPort === PORTS.inbound && ToPort === PORTS.inbound;
  return isSidecar && SourceSecurityGroupId !== undefined;
}

function opened(
  mesh: MeshBase,
  { name }: AttachedPoint,
  { resource, direction, rule }: GroupRule,
): ConstructError {
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
      : 'Name where it goes; what every workload needs of AWS are endpoints of the mesh.',
  });
}
