import { Duration, Stage } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { CfnService, FargateService } from 'aws-cdk-lib/aws-ecs';
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  type CfnListener,
  CfnListenerCertificate,
  DesyncMitigationMode,
  ListenerAction,
  SslPolicy,
  TargetType,
  XffHeaderProcessingMode,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { MinimumTls } from '../edge/tls.js';
import { readyCheck } from '../gateway/ready-check.js';
import type { Mesh } from '../mesh/index.js';
import { groupQuotaProblems } from '../mesh/group-quota.js';
import { PORTS } from '../mesh/ports.js';
import { allowConnection } from '../mesh/security-rule.js';
import { ConstructError } from '../support/error.js';
import { acceptWeakening } from '../support/weakening.js';
import { checkEdge } from './checks.js';
import { keepEdge } from './kept-edge.js';
import { checkedServices, jwtChecks } from './jwt-checks.js';
import type { LedIn } from './led-in.js';
import { waysPast } from './ways-past.js';

/** What clients speak at least; both know the post-quantum hybrid. */
const POLICIES: Readonly<Record<MinimumTls, SslPolicy>> = {
  '1.2': SslPolicy.TLS13_12_RES_PQ,
  '1.3': SslPolicy.TLS13_13_PQ,
};

/** A year: a browser that was here once never tries the host in clear text (RFC 6797). */
const STRICT_TRANSPORT = 'max-age=31536000';

/** "CloudWatch metrics for your Application Load Balancer". */
const NAMESPACE = 'AWS/ApplicationELB';

export interface LoadBalancerEdgeProps extends LedIn {
  readonly mesh: Mesh;
  /** The gateway. */
  readonly service: FargateService;
}

/**
 * The way of clients past API Gateway, browsers that sign in among them: a load balancer that ends their TLS behind the firewall,
 * and takes whoever comes. Everything is decided at the gateway and behind it, the client's address included.
 *
 * Throws `ConstructError`. Synthesis stops for another listener or rule of the load balancer, for whatever leads past it
 * to the gateway's listener, and where it is changed.
 */
export class LoadBalancerEdge extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targetGroup: ApplicationTargetGroup;
  readonly securityGroup: SecurityGroup;
  /** Who comes, as alarms and graphs call them. */
  readonly clients: 'Browsers' | 'Clients';
  /** Whether it looks at tokens of any service before the gateway does. */
  readonly looksAtTokens: boolean;

  constructor(scope: Construct, id: string, props: LoadBalancerEdgeProps) {
    super(scope, id);
    const { mesh, services, firewall } = props;
    const { plan, vpc } = mesh;
    const subnets = props.subnets ?? { subnetType: SubnetType.PUBLIC };
    checkEdge(this, plan, vpc, subnets, props);
    const leadsOthers = Object.keys(services).some((name) => plan.services[name]!.edge !== undefined);
    this.clients = leadsOthers ? 'Clients' : 'Browsers';
    this.securityGroup = this.group(props);
    const { securityGroup } = this;
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: subnets,
      internetFacing: true,
      securityGroup,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      // What the gateway is asked is what the client wrote, and the last address is the client's own.
      preserveHostHeader: true,
      xffHeaderProcessingMode: XffHeaderProcessingMode.APPEND,
      preserveXffClientPort: false,
      wafFailOpen: false,
      // An answer may take as long as the gateway waits for it.
      idleTimeout: Duration.seconds(Math.max(60, plan.firewall.requestTimeoutSeconds)),
      clientKeepAlive: Duration.seconds(Math.max(60, plan.connections.maxConnection)),
    });
    this.targetGroup = this.targets(props);
    const { targetGroup } = this;
    const [first] = Object.values(services).map(({ certificate }) => certificate);
    const listener = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      sslPolicy: POLICIES[props.minimumTls ?? '1.2'],
      certificates: [first!],
      open: false,
      // The gateway knows which hosts come this way.
      defaultAction: ListenerAction.forward([targetGroup]),
    });
    this.addCertificates(listener, props);
    const made = listener.node.defaultChild as CfnListener;
    made.listenerAttributes = [
      { key: 'routing.http.response.server.enabled', value: 'false' },
      { key: 'routing.http.response.strict_transport_security.header_value', value: STRICT_TRANSPORT },
    ];
    const rules = jwtChecks(this, {
      mesh,
      led: props,
      listener: made,
      targetGroupArn: targetGroup.targetGroupArn,
    });
    this.looksAtTokens = rules.length > 0;
    const { securityGroup: to } = mesh.network(plan.gateway.key);
    const rule = { from: securityGroup, to };
    allowConnection(this, 'Gateway', {
      ...rule,
      port: PORTS.browsers,
      description: 'Browsers to the gateway',
    });
    allowConnection(this, 'Ready', { ...rule, port: PORTS.ready, description: 'Health of the gateway' });
    if (firewall) firewall.protect('Firewall', this.loadBalancer, this);
    else this.withoutFirewall(props);
    this.records(props);
    keepEdge({
      edge: this,
      listener: made,
      certificate: first!,
      rules,
      others: listener.node.findAll().filter((node) => node instanceof CfnListenerCertificate),
      service: props.service.node.defaultChild as CfnService,
    });
    this.node.addValidation({
      validate: () =>
        [
          ...waysPast({
            edge: this,
            root: Stage.of(this) ?? this.node.root,
            securityGroup,
            gateway: to,
            from: rangesOf(props),
            keys: keyRangesOf(props),
          }),
          ...groupQuotaProblems(
            this,
            new Map([['the load balancer of clients', securityGroup]]),
            mesh.rulesPerSecurityGroup,
          ),
        ].map(({ code, message }) => `${code}: ${message}`),
    });
  }

  /** Answers of the load balancer itself with a status of 400 to 499: it refused a token, or could not read a request. */
  metricRefused(options?: MetricOptions): Metric {
    return this.ofBalancer('HTTPCode_ELB_4XX_Count', options);
  }

  /** Requests that were handed to the gateway. */
  metricCount(options?: MetricOptions): Metric {
    return this.ofBalancer('RequestCount', options);
  }

  /** Answers of the gateway with a status of 400 to 499. */
  metricClientError(options?: MetricOptions): Metric {
    return this.ofGateways('HTTPCode_Target_4XX_Count', options);
  }

  /** Answers of the gateway with a status of 500 and above. */
  metricServerError(options?: MetricOptions): Metric {
    return this.ofGateways('HTTPCode_Target_5XX_Count', options);
  }

  /** Answers of the load balancer itself with a status of 500 and above: no gateway answered, or the firewall did not. */
  metricUnanswered(options?: MetricOptions): Metric {
    return this.ofBalancer('HTTPCode_ELB_5XX_Count', options);
  }

  /** Connections that the load balancer had no room for. */
  metricRejectedConnections(options?: MetricOptions): Metric {
    return this.ofBalancer('RejectedConnectionCount', options);
  }

  /** Connections of clients that came to no TLS, such as those that know older versions alone. */
  metricTlsErrors(options?: MetricOptions): Metric {
    return this.ofBalancer('ClientTLSNegotiationErrorCount', options);
  }

  /** Connections to the gateway that came to no TLS. */
  metricGatewayTlsErrors(options?: MetricOptions): Metric {
    return this.ofGateways('TargetTLSNegotiationErrorCount', options);
  }

  /** Gateways that are not healthy. */
  metricUnhealthyHosts(options?: MetricOptions): Metric {
    return this.ofGateways('UnHealthyHostCount', { statistic: 'Maximum', ...options });
  }

  /** Seconds until the gateway answers. */
  metricLatency(options?: MetricOptions): Metric {
    return this.ofGateways('TargetResponseTime', { statistic: 'p99', ...options });
  }

  private ofBalancer(metricName: string, options?: MetricOptions): Metric {
    const dimensionsMap = { LoadBalancer: this.loadBalancer.loadBalancerFullName };
    return new Metric({ namespace: NAMESPACE, metricName, dimensionsMap, statistic: 'Sum', ...options });
  }

  private ofGateways(metricName: string, options?: MetricOptions): Metric {
    const dimensionsMap = {
      LoadBalancer: this.loadBalancer.loadBalancerFullName,
      TargetGroup: this.targetGroup.targetGroupFullName,
    };
    return new Metric({ namespace: NAMESPACE, metricName, dimensionsMap, statistic: 'Sum', ...options });
  }

  /** Lets in at the one port, from everywhere or from the networks, and out to the gateway and to what it checks tokens by alone. */
  private group(props: LoadBalancerEdgeProps): SecurityGroup {
    const made = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.mesh.vpc,
      // The text is from when browsers alone came: another one would replace the group.
      description: 'Load balancer of browsers: reached from the internet',
      allowAllOutbound: false,
    });
    for (const range of rangesOf(props)) made.addIngressRule(Peer.ipv4(range), Port.tcp(443), 'Browsers');
    for (const range of keyRangesOf(props))
      made.addEgressRule(Peer.ipv4(range), Port.tcp(443), 'Keys of issuers');
    return made;
  }

  private targets({ mesh, service }: LoadBalancerEdgeProps): ApplicationTargetGroup {
    const target = service.loadBalancerTarget({
      containerName: 'gateway',
      containerPort: PORTS.browsers,
    });
    const made = new ApplicationTargetGroup(this, 'Targets', {
      vpc: mesh.vpc,
      protocol: ApplicationProtocol.HTTPS,
      port: PORTS.browsers,
      targetType: TargetType.IP,
      deregistrationDelay: Duration.seconds(2 * mesh.drainSeconds),
      healthCheck: readyCheck(),
    });
    // What opens the groups are the two rules of this edge; another kind of target would open them by itself.
    made.addTarget({
      attachToApplicationTargetGroup: () => target.attachToNetworkTargetGroup(made as never),
    });
    return made;
  }

  /** All but the first, each by the name of its service: no other service's coming or going takes it from the listener. */
  private addCertificates(listener: ApplicationListener, { services }: LoadBalancerEdgeProps): void {
    const [first, ...others] = Object.entries(services);
    const known = new Set([first![1].certificate.certificateArn]);
    for (const [name, { certificate }] of others) {
      if (known.has(certificate.certificateArn)) continue;
      known.add(certificate.certificateArn);
      listener.addCertificates(`Of-${name}-`, [certificate]);
    }
  }

  private withoutFirewall({ withoutFirewall, prop }: LoadBalancerEdgeProps): void {
    if (withoutFirewall) return acceptWeakening(this, 'withoutFirewall', withoutFirewall);
    throw new ConstructError(this, {
      code: 'edge-without-firewall',
      message: 'clients would reach the gateway without a firewall in between',
      prop: `${prop}.firewall`,
      expected: 'a WebFirewall',
      remedy: 'Pass a WebFirewall, or say in `withoutFirewall` why there is none and until when.',
    });
  }

  private records({ mesh, services }: LoadBalancerEdgeProps): void {
    for (const [service, { hostedZone }] of Object.entries(services)) {
      if (!hostedZone) continue;
      new ARecord(this, `Record-${service}`, {
        zone: hostedZone,
        recordName: `${mesh.plan.services[service]!.authority}.`,
        target: RecordTarget.fromAlias(new LoadBalancerTarget(this.loadBalancer)),
      });
    }
  }
}

/** Where it may fetch keys: nowhere, unless it looks at tokens. */
function keyRangesOf(led: LedIn): readonly string[] {
  return checkedServices(led).length > 0 ? (led.keyNetworks ?? ['0.0.0.0/0']) : [];
}

/** From where clients may come. */
function rangesOf({ allowedNetworks }: LedIn): readonly string[] {
  return allowedNetworks ?? ['0.0.0.0/0'];
}
