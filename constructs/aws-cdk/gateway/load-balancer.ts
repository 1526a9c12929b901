import { Duration, Stage } from 'aws-cdk-lib';
import { SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import {
  type CfnLoadBalancer,
  NetworkLoadBalancer,
  NetworkTargetGroup,
  Protocol,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { Mesh } from '../mesh/index.js';
import { PORTS } from '../mesh/ports.js';
import { rulesByGroup } from '../mesh/rules-by-group.js';
import { allowConnection } from '../mesh/security-rule.js';
import { asMade, keepAsMade } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { readyCheck } from './ready-check.js';

export interface GatewayLoadBalancerProps {
  readonly mesh: Mesh;
  readonly service: FargateService;
  readonly subnets: SubnetSelection;
}

/**
 * An internal load balancer that passes TLS through, so that it ends at the gateway alone. Only VPC links
 * reach it: its group has no rule for anybody, and is not asked about traffic that comes by PrivateLink.
 */
export class GatewayLoadBalancer extends Construct {
  readonly loadBalancer: NetworkLoadBalancer;
  readonly targetGroup: NetworkTargetGroup;

  constructor(scope: Construct, id: string, { mesh, service, subnets }: GatewayLoadBalancerProps) {
    super(scope, id);
    const { vpc } = mesh;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Load balancer of the gateway: reached by VPC links alone',
      allowAllOutbound: false,
    });
    this.loadBalancer = new NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: subnets,
      internetFacing: false,
      crossZoneEnabled: true,
      securityGroups: [securityGroup],
      enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: false,
    });
    keepAsMade(
      this,
      asMade(this.loadBalancer.node.defaultChild as CfnLoadBalancer, {
        Scheme: 'internal',
        Type: 'network',
        SecurityGroups: [securityGroup.securityGroupId],
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: 'off',
      }),
    );
    this.node.addValidation({ validate: () => this.waysIn(securityGroup) });
    this.targetGroup = new NetworkTargetGroup(this, 'Targets', {
      vpc,
      protocol: Protocol.TCP,
      port: PORTS.edge,
      targetType: TargetType.IP,
      // The group of the gateway names the group of the load balancer, not its clients.
      preserveClientIp: false,
      // Longer than a gateway that ends takes connections.
      deregistrationDelay: Duration.seconds(2 * mesh.drainSeconds),
      connectionTermination: true,
      healthCheck: readyCheck(),
      targets: [service.loadBalancerTarget({ containerName: 'gateway', containerPort: PORTS.edge })],
    });
    this.loadBalancer.addListener('Tls', {
      port: 443,
      protocol: Protocol.TCP,
      defaultTargetGroups: [this.targetGroup],
    });
    const { securityGroup: to } = mesh.network('gateway');
    const rule = { from: securityGroup, to };
    allowConnection(this, 'Edge', { ...rule, port: PORTS.edge, description: 'API Gateway to the gateway' });
    allowConnection(this, 'Ready', { ...rule, port: PORTS.ready, description: 'Health of the gateway' });
  }

  /** Nobody is let in: what comes by PrivateLink is not asked. */
  private waysIn(group: SecurityGroup): string[] {
    const guarded = { securityGroup: group };
    return rulesByGroup(Stage.of(this) ?? this.node.root, [guarded])
      .get(guarded)!
      .filter(({ direction }) => direction === 'in')
      .map(
        ({ resource, rule }) =>
          new ConstructError(this, {
            code: 'balancer-group-opened',
            message: 'a rule lets somebody reach the load balancer of the gateway past the VPC link',
            found: `${resource.node.path}: ${JSON.stringify(rule)}`.slice(0, 300),
            expected: 'no rule for anybody',
            remedy: 'Remove the rule; users come by API Gateway and its VPC link.',
          }),
      )
      .map(({ code, message }) => `${code}: ${message}`);
  }
}
