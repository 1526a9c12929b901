import { Stage } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { hasLoadBalancer, KEY_TUNNEL } from '../../../lib/plan/names.js';
import { ConstructError } from '../support/error.js';
import type { GroupRule } from './group-rules.js';
import type { MeshBase } from './mesh-base.js';
import { rulesByGroup } from './rules-by-group.js';
import {
  type OpenedGroup,
  openedEgress,
  openedEndpoints,
  openedGateway,
  openedMember,
  openedTunnel,
} from './opened-groups.js';
import type { AttachedPoint } from './point-runs.js';
import { PORTS } from './ports.js';
import { outsidePorts } from './refs.js';
import { wideRules } from './wide-rules.js';

/** A group that the mesh opens itself, and what may be in it. */
interface Guarded {
  readonly name: string;
  readonly securityGroup: ISecurityGroup;
  /** Of its rules those that are not right. */
  readonly wrong: (rules: readonly GroupRule[]) => readonly GroupRule[];
  readonly problem: (rule: GroupRule, name: string) => OpenedGroup;
}

/**
 * Rules that let somebody past a member's sidecar, such as those that a load balancer makes for its targets, or let the
 * member out to everybody. A member's group lets in at the sidecar's port alone, and groups alone; where it may go
 * besides its peers is the user's to say, as long as it is somewhere. The gateway's lets its load balancer in and out to
 * peers. The groups of the egress gateway and of the key tunnel let workloads in, and out to wherever is at the ports of the hosts
 * that the model names. Endpoints take whomever the user names, but not everybody.
 */
export function groupProblems(mesh: MeshBase, points: readonly AttachedPoint[]): ConstructError[] {
  const root = Stage.of(mesh) ?? mesh.node.root;
  const { egress, gateway } = mesh.plan;
  const outside = outsidePorts(mesh.plan);
  const closed = (ports: readonly number[]) => (rules: readonly GroupRule[]) => [
    ...rules.filter((rule) => rule.direction === 'in' && !isInFromGroup(rule, ports)),
    ...wideRules(
      root,
      rules.filter(({ direction }) => direction === 'out'),
    ),
  ];
  const leading = (ports: readonly number[]) => (rules: readonly GroupRule[]) =>
    rules.filter((rule) => (rule.direction === 'in' ? !isInFromGroup(rule, ports) : !isOutAt(rule, outside)));
  const kindOf = (name: string): Pick<Guarded, 'wrong' | 'problem'> => {
    if (name === egress?.key)
      return { wrong: leading([PORTS.inbound, PORTS.tunnel]), problem: openedEgress(outside) };
    if (name === KEY_TUNNEL) return { wrong: leading([PORTS.tunnel]), problem: openedTunnel(outside) };
    if (name === gateway.key) {
      const browsers = hasLoadBalancer(mesh.plan) ? [PORTS.browsers] : [];
      return { wrong: closed([PORTS.edge, PORTS.ready, ...browsers]), problem: openedGateway };
    }
    return { wrong: closed([PORTS.inbound]), problem: openedMember };
  };
  const endpoints = mesh.endpoints && {
    name: 'endpoints',
    securityGroup: mesh.endpoints.securityGroup,
    wrong: (rules: readonly GroupRule[]) =>
      wideRules(
        root,
        rules.filter(({ direction }) => direction === 'in'),
      ),
    problem: openedEndpoints,
  };
  const guarded = [
    ...points.map(({ name, securityGroup }) => ({ name, securityGroup, ...kindOf(name) })),
    ...(endpoints ? [endpoints] : []),
  ];
  return [...rulesByGroup(root, guarded)].flatMap(([{ name, wrong, problem }, rules]) =>
    wrong(rules).map(
      (rule) =>
        new ConstructError(mesh, {
          ...problem(rule, name),
          found: `${rule.resource.node.path}: ${JSON.stringify(rule.rule)}`.slice(0, 300),
        }),
    ),
  );
}

function isInFromGroup({ rule }: GroupRule, ports: readonly number[]): boolean {
  const { CidrIp, CidrIpv6, SourcePrefixListId, SourceSecurityGroupId } = rule;
  const others = [CidrIp, CidrIpv6, SourcePrefixListId].some((source) => source !== undefined);
  return isAt(rule, new Set(ports)) && SourceSecurityGroupId !== undefined && !others;
}

function isOutAt({ rule }: GroupRule, ports: ReadonlySet<unknown>): boolean {
  return isAt(rule, ports) || rule['DestinationSecurityGroupId'] !== undefined || isNothing(rule);
}

function isAt({ IpProtocol, FromPort, ToPort }: GroupRule['rule'], ports: ReadonlySet<unknown>): boolean {
  return IpProtocol === 'tcp' && FromPort === ToPort && ports.has(FromPort);
}

/** What the CDK writes into a group without rules, so that EC2 adds none. */
function isNothing({ CidrIp }: GroupRule['rule']): boolean {
  return CidrIp === '255.255.255.255/32';
}
