import type { ConstructProblem } from '../support/error.js';
import type { GroupRule } from './group-rules.js';
import { PORTS } from './ports.js';

/** What a rule of a group does that should not be, and what to do; the rule itself is what was found. */
export type OpenedGroup = Omit<ConstructProblem, 'found'>;

const OUT_REMEDY =
  'Name where it goes; a host outside is an egress rule of the model, and what every workload needs of AWS are endpoints of the mesh.';
const SOMEWHERE =
  'groups, prefix lists and ranges of addresses that synthesis can read, together no wider than a private network';

export function openedMember({ direction }: GroupRule, name: string): OpenedGroup {
  const isIn = direction === 'in';
  return {
    code: 'member-group-opened',
    message: isIn
      ? `a rule lets somebody past the sidecar of ${name}, to whom no token and no rule of the model is asked`
      : `a rule lets ${name} out to everybody, or the rules together do`,
    expected: isIn
      ? `port ${PORTS.inbound} alone, from groups: what the mesh makes of the model's rules`
      : SOMEWHERE,
    remedy: isIn
      ? 'Remove the rule, and the load balancer that made it; users come through the gateway (host in the model), workloads by a rule.'
      : OUT_REMEDY,
  };
}

export function openedGateway({ direction }: GroupRule): OpenedGroup {
  const isIn = direction === 'in';
  return {
    code: 'gateway-group-opened',
    message: isIn
      ? 'a rule lets somebody else than its load balancer reach the gateway'
      : 'a rule lets the gateway out to everybody, or the rules together do',
    expected: isIn
      ? `ports ${PORTS.edge} and ${PORTS.ready}, from the group of the load balancer`
      : SOMEWHERE,
    remedy: isIn ? 'Remove the rule; users come by API Gateway and its VPC link.' : OUT_REMEDY,
  };
}

export function openedEndpoints(): OpenedGroup {
  return {
    code: 'endpoint-group-opened',
    message: 'a rule lets everybody reach the endpoints of AWS, or the rules together do',
    expected: SOMEWHERE,
    remedy: 'Name the groups, or the ranges of your own network, that need the endpoints.',
  };
}

export const openedEgress =
  (ports: ReadonlySet<number>) =>
  ({ direction }: GroupRule): OpenedGroup => {
    const isIn = direction === 'in';
    return {
      code: 'egress-group-opened',
      message: isIn
        ? 'a rule lets somebody else than workloads reach the egress gateway'
        : 'a rule lets the egress gateway out where no host of the model is',
      expected: isIn
        ? `ports ${PORTS.inbound} and ${PORTS.tunnel}, from groups: what the mesh makes of the model's rules`
        : `TCP at ${[...ports].join(', ')}`,
      remedy: 'Remove the rule; where calls may go to, and who makes them, egress rules of the model say.',
    };
  };

export const openedTunnel =
  (ports: ReadonlySet<number>) =>
  ({ direction }: GroupRule): OpenedGroup => {
    const isIn = direction === 'in';
    return {
      code: 'tunnel-group-opened',
      message: isIn
        ? 'a rule lets somebody else than points of the mesh reach the key tunnel'
        : 'a rule lets the key tunnel out where no issuer has its keys',
      expected: isIn ? `port ${PORTS.tunnel}, from groups` : `TCP at ${[...ports].join(', ')}`,
      remedy: 'Remove the rule; where keys are fetched from the providers of the model say.',
    };
  };
