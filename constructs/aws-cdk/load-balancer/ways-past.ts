import { Stack } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { GroupRule } from '../mesh/group-rules.js';
import { PORTS } from '../mesh/ports.js';
import { rulesByGroup } from '../mesh/rules-by-group.js';
import { ConstructError } from '../support/error.js';
import { writtenIn } from '../support/written-in.js';

export interface GuardedWay {
  readonly edge: IConstruct;
  readonly root: IConstruct;
  /** Of the load balancer. */
  readonly securityGroup: ISecurityGroup;
  readonly gateway: ISecurityGroup;
  /** Ranges from which clients are let in. */
  readonly from: readonly string[];
  /** Ranges in which keys are fetched. */
  readonly keys: readonly string[];
}

/**
 * Rules by which somebody reaches the gateway's listener for the load balancer past it, whose word for a client's
 * address is taken there; or the load balancer from elsewhere or at another port. Ask while the tree is validated.
 */
export function waysPast({ edge, root, securityGroup, gateway, from, keys }: GuardedWay): ConstructError[] {
  const [balancer, behind] = [{ securityGroup }, { securityGroup: gateway }];
  const rules = rulesByGroup(root, [balancer, behind]);
  const isClients = ({ rule }: GroupRule) => isAt(rule, 443) && from.includes(String(rule['CidrIp']));
  const isToKeys = ({ rule }: GroupRule) => isAt(rule, 443) && keys.includes(String(rule['CidrIp']));
  const isToGateway = (found: GroupRule) =>
    [PORTS.browsers, PORTS.ready].some((port) => isAt(found.rule, port)) &&
    names(found, 'DestinationSecurityGroupId', gateway);
  const isFromBalancer = (found: GroupRule) => names(found, 'SourceSecurityGroupId', securityGroup);
  const found = [
    ...rules
      .get(balancer)!
      .filter((rule) =>
        rule.direction === 'in'
          ? !isClients(rule)
          : !isToGateway(rule) && !isToKeys(rule) && !isNothing(rule.rule),
      ),
    ...rules
      .get(behind)!
      .filter(
        (rule) => rule.direction === 'in' && reaches(rule.rule, PORTS.browsers) && !isFromBalancer(rule),
      ),
  ];
  return found.map(
    ({ resource, rule }) =>
      new ConstructError(edge, {
        code: 'way-past-browser-edge',
        message: 'a rule leads past the load balancer of clients, or opens it otherwise than the edge does',
        found: `${resource.node.path}: ${JSON.stringify(rule)}`.slice(0, 300),
        expected: `port 443 from ${from.join(', ')}, and from there the gateway${keys.length > 0 ? ' and the keys of issuers' : ''} alone`,
        remedy: 'Remove the rule; from where clients may come the prop allowedNetworks says.',
      }),
  );
}

/** Whether a rule names that group, as the template of its stack has it. */
function names(
  { resource, rule }: GroupRule,
  property: string,
  { securityGroupId }: ISecurityGroup,
): boolean {
  const named = JSON.stringify(rule[property]);
  return named !== undefined && named === writtenIn(Stack.of(resource), securityGroupId);
}

function isAt({ IpProtocol, FromPort, ToPort }: GroupRule['rule'], port: number): boolean {
  return IpProtocol === 'tcp' && FromPort === port && ToPort === port;
}

/** A range that cannot be read may be any. */
function reaches({ IpProtocol, FromPort, ToPort }: GroupRule['rule'], port: number): boolean {
  if (IpProtocol !== 'tcp' || typeof FromPort !== 'number' || typeof ToPort !== 'number') return true;
  return FromPort <= port && port <= ToPort;
}

/** What the CDK writes into a group without rules, so that EC2 adds none. */
function isNothing({ CidrIp }: GroupRule['rule']): boolean {
  return CidrIp === '255.255.255.255/32';
}
