import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { CfnService } from 'aws-cdk-lib/aws-ecs';
import type {
  CfnListener,
  CfnListenerCertificate,
  CfnListenerRule,
  CfnLoadBalancer,
  CfnTargetGroup,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PORTS } from '../mesh/ports.js';
import { asMade, keepAsMade } from '../support/as-made.js';
import { type Beside, keepAlone } from '../support/beside.js';
import { attributesOf } from './attributes.js';
import type { LoadBalancerEdge } from './load-balancer-edge.js';

export interface KeptEdge {
  readonly edge: LoadBalancerEdge;
  readonly listener: CfnListener;
  readonly certificate: ICertificate;
  /** The certificates of the other hosts. */
  readonly others: readonly CfnListenerCertificate[];
  /** By which tokens are looked at, each before the gateway. */
  readonly rules: readonly CfnListenerRule[];
  /** The gateway. */
  readonly service: CfnService;
}

const BALANCING = 'AWS::ElasticLoadBalancingV2';
/** What a custom resource could call: load balancers by their names in both SDKs, lists before them, rules of groups. */
const SERVICES = ['elastic-load-balancing-v2', 'elbv2', 'wafv2', 'ec2'];
const CHANGING =
  /^(add|associate|authorize|create|delete|deregister|disassociate|modify|register|remove|replace|revoke|set|update)(?!tags$)/;

/** What has an address in a network, and the groups of that address. */
const IN_NETWORKS: Beside['types'] = [
  { type: `${BALANCING}::LoadBalancer` },
  { type: 'AWS::ElasticLoadBalancing::LoadBalancer' },
  { type: 'AWS::ECS::Service', property: 'NetworkConfiguration' },
  { type: 'AWS::ECS::TaskSet', property: 'NetworkConfiguration' },
  { type: 'AWS::Events::Rule', property: 'Targets' },
  { type: 'AWS::Scheduler::Schedule', property: 'Target' },
  { type: 'AWS::EC2::Instance' },
  { type: 'AWS::EC2::NetworkInterface' },
  { type: 'AWS::EC2::LaunchTemplate' },
  { type: 'AWS::EC2::VPCEndpoint' },
  { type: 'AWS::AutoScaling::LaunchConfiguration' },
  { type: 'AWS::Lambda::Function', property: 'VpcConfig' },
  { type: 'AWS::Batch::ComputeEnvironment' },
  { type: 'AWS::CodeBuild::Project', property: 'VpcConfig' },
  { type: 'AWS::ApiGatewayV2::VpcLink' },
];

/** Synthesis stops where the load balancer of clients is changed, leads elsewhere, or is led to by something else. */
export function keepEdge(kept: KeptEdge): void {
  keepAsMade(kept.edge, ...partsOf(kept));
  for (const beside of [besideBalancer(kept), besideTargets(kept), besideGroup(kept)]) {
    keepAlone({ ...beside, construct: kept.edge, calls: { services: SERVICES, changing: CHANGING } });
  }
}

function partsOf({ edge, listener, certificate, others, rules }: KeptEdge) {
  const { loadBalancer, targetGroup, securityGroup } = edge;
  const balancer = loadBalancer.node.defaultChild as CfnLoadBalancer;
  const group = targetGroup.node.defaultChild as CfnTargetGroup;
  return [
    {
      ...asMade(balancer, {
        Scheme: 'internet-facing',
        Type: 'application',
        IpAddressType: undefined,
        SecurityGroups: [securityGroup.securityGroupId],
      }),
      late: attributesOf(balancer, 'LoadBalancerAttributes', balancer.loadBalancerAttributes),
    },
    {
      ...asMade(group, {
        Protocol: 'HTTPS',
        Port: PORTS.browsers,
        TargetType: 'ip',
        Targets: undefined,
        ProtocolVersion: undefined,
      }),
      late: attributesOf(group, 'TargetGroupAttributes', group.targetGroupAttributes),
    },
    asMade(listener, {
      LoadBalancerArn: loadBalancer.loadBalancerArn,
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: listener.sslPolicy,
      Certificates: [{ CertificateArn: certificate.certificateArn }],
      MutualAuthentication: undefined,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroup.targetGroupArn }],
      ListenerAttributes: listener.listenerAttributes,
    }),
    ...rules.map((rule) =>
      asMade(rule, {
        ListenerArn: rule.listenerArn,
        Priority: rule.priority,
        Conditions: rule.conditions,
        Actions: rule.actions,
      }),
    ),
    ...others.map((other) =>
      asMade(other, { ListenerArn: other.listenerArn, Certificates: other.certificates }),
    ),
  ];
}

type Kept = Pick<Beside, 'values' | 'what' | 'types'>;

/** What decides at the load balancer, and what asks it for others: it would take those for the client. */
function besideBalancer({ edge: { loadBalancer }, listener, others, rules }: KeptEdge): Kept {
  return {
    values: [loadBalancer.loadBalancerArn, listener.ref, listener.attrListenerArn],
    what: 'the load balancer of clients',
    types: [
      { type: `${BALANCING}::Listener`, property: 'LoadBalancerArn', own: [listener] },
      { type: `${BALANCING}::ListenerRule`, property: 'ListenerArn', own: rules },
      { type: `${BALANCING}::ListenerCertificate`, property: 'ListenerArn', own: others },
      { type: `${BALANCING}::TargetGroup`, property: 'Targets' },
      { type: 'AWS::VpcLattice::TargetGroup', property: 'Targets' },
      { type: 'AWS::ApiGatewayV2::Integration', property: 'IntegrationUri' },
      { type: 'AWS::ApiGateway::Method', property: 'Integration' },
      { type: 'AWS::CloudFront::VpcOrigin' },
      { type: 'AWS::GlobalAccelerator::EndpointGroup' },
    ],
  };
}

/** Who else gets what clients send. */
function besideTargets({ edge: { targetGroup }, listener, rules, service }: KeptEdge): Kept {
  return {
    values: [targetGroup.targetGroupArn],
    what: 'where the load balancer of clients leads',
    types: [
      { type: `${BALANCING}::Listener`, property: 'DefaultActions', own: [listener] },
      { type: `${BALANCING}::ListenerRule`, property: 'Actions', own: rules },
      { type: 'AWS::ECS::Service', property: 'LoadBalancers', own: [service] },
      { type: 'AWS::ECS::TaskSet', property: 'LoadBalancers' },
      { type: 'AWS::AutoScaling::AutoScalingGroup' },
    ],
  };
}

/** Whose word for the address of a client the gateway takes: the group is all that it knows the load balancer by. */
function besideGroup({ edge: { loadBalancer, securityGroup } }: KeptEdge): Kept {
  const group = securityGroup.node.defaultChild as CfnSecurityGroup;
  const own = [loadBalancer.node.defaultChild as CfnLoadBalancer];
  return {
    values: [securityGroup.securityGroupId, group.ref, group.attrId],
    what: 'who is taken for the load balancer of clients',
    types: IN_NETWORKS.map((type) => ({ ...type, own })),
  };
}
