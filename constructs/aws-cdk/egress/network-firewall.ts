import { Fn, Token } from 'aws-cdk-lib';
import { CfnRoute, type ISubnet, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  CfnFirewall,
  CfnFirewallPolicy,
  CfnLoggingConfiguration,
  CfnRuleGroup,
} from 'aws-cdk-lib/aws-networkfirewall';
import { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { encryptedLogGroup, grantToLogs, type LogProps, logKey } from '../support/encrypted-log-group.js';
import { ConstructError } from '../support/error.js';
import { isListedName } from './listed-name.js';

/** Rules that a group of this firewall may come to; it cannot be changed later. A list of hosts takes one for each. */
const CAPACITY = 1000;

export interface NetworkFirewallProps extends LogProps {
  readonly vpc: IVpc;
  /** For its endpoints: one subnet in each zone, without a route of their own and with nothing else in them. */
  readonly endpointSubnets: SubnetSelection;
  /** Whose way out it stands in: subnets with a NAT gateway, in the same zones. @default private subnets with egress */
  readonly protectedSubnets?: SubnetSelection;
  /** Where the NAT gateways stand, which answer through the firewall too. @default public subnets */
  readonly natSubnets?: SubnetSelection;
  /**
   * Hosts that TLS may begin with, by the name in its first message: `api.bank.example`, or `.shop.example` for it and all
   * below. `outsideHostsOf(mesh)` has a mesh's.
   */
  readonly allowedHosts: readonly string[];
}

/**
 * A second lock below the security groups: AWS Network Firewall on the way from private subnets to their NAT gateways. It
 * lets through TLS whose first message names an allowed host, and drops every other connection. A name in that message is
 * what the client says, so this bounds mistakes and not somebody who may open connections; who is at the other end the
 * egress gateway verifies.
 *
 * Throws `ConstructError`. Synthesis stops where an override would open it.
 */
export class NetworkFirewall extends Construct {
  readonly firewallArn: string;
  /** Connections that it dropped. */
  readonly alertLog: ILogGroup;

  constructor(scope: Construct, id: string, props: NetworkFirewallProps) {
    super(scope, id);
    const { vpc, allowedHosts } = props;
    const count = Array.isArray(allowedHosts) ? allowedHosts.length : 0;
    if (count === 0 || count > CAPACITY) {
      throw new ConstructError(this, {
        code: 'out-of-range',
        message: 'a list of hosts that may be called',
        prop: 'allowedHosts',
        found: `${count} hosts`,
        expected: `1 to ${CAPACITY}`,
        remedy: 'Name the hosts of the egress rules: outsideHostsOf(mesh).',
      });
    }
    for (const host of allowedHosts) {
      if (!Token.isUnresolved(host) && !isListedName(host, '.')) throw this.noHost(host);
    }
    const name = `zero-trust-${this.node.addr.slice(-16)}`;
    const ruleGroup = {
      rulesSource: {
        rulesSourceList: {
          generatedRulesType: 'ALLOWLIST',
          targetTypes: ['TLS_SNI'],
          targets: [...new Set(allowedHosts)],
        },
      },
      statefulRuleOptions: { ruleOrder: 'STRICT_ORDER' },
    };
    const group = new CfnRuleGroup(this, 'Hosts', {
      ruleGroupName: name,
      type: 'STATEFUL',
      capacity: CAPACITY,
      ruleGroup,
    });
    const firewallPolicy = {
      // Whole connections are judged, pieces of packets too.
      statelessDefaultActions: ['aws:forward_to_sfe'],
      statelessFragmentDefaultActions: ['aws:forward_to_sfe'],
      // A handshake of TCP passes, for without it no name is ever said; whatever is no TLS to a listed host ends there.
      statefulDefaultActions: ['aws:drop_established', 'aws:alert_established'],
      statefulEngineOptions: { ruleOrder: 'STRICT_ORDER', streamExceptionPolicy: 'REJECT' },
      statefulRuleGroupReferences: [{ resourceArn: group.attrRuleGroupArn, priority: 1 }],
    };
    const policy = new CfnFirewallPolicy(this, 'Policy', { firewallPolicyName: name, firewallPolicy });
    const endpoints = vpc.selectSubnets(props.endpointSubnets).subnets;
    const firewallPolicyArn = policy.attrFirewallPolicyArn;
    const firewall = new CfnFirewall(this, 'Firewall', {
      firewallName: name,
      vpcId: vpc.vpcId,
      firewallPolicyArn,
      subnetMappings: endpoints.map(({ subnetId }) => ({ subnetId })),
    });
    keepAsMade(
      this,
      asMade(group, { RuleGroup: ruleGroup }),
      asMade(policy, { FirewallPolicy: firewallPolicy }),
      asMade(firewall, { FirewallPolicyArn: firewallPolicyArn }),
    );
    this.firewallArn = firewall.attrFirewallArn;
    this.alertLog = this.logAlerts(props);
    this.lead(props, endpoints, firewall.attrEndpointIds);
  }

  private noHost(host: unknown): ConstructError {
    return new ConstructError(this, {
      code: 'no-domain',
      message: 'this is no name of a host that can be allowed, or it is too many of them',
      prop: 'allowedHosts',
      found: JSON.stringify(host) ?? 'nothing',
      expected: 'api.bank.example, or .shop.example for it and all below',
      remedy: 'Write it in lower case, without a scheme, a port or a path; name what is called.',
    });
  }

  private logAlerts({ encryptionKey = logKey(this, 'Key'), retention }: NetworkFirewallProps): ILogGroup {
    grantToLogs(this, encryptionKey);
    const group = encryptedLogGroup(this, 'Alerts', {
      encryptionKey,
      ...(retention !== undefined && { retention }),
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      firewallArn: this.firewallArn,
      loggingConfiguration: {
        logDestinationConfigs: [
          {
            logType: 'ALERT',
            logDestinationType: 'CloudWatchLogs',
            logDestination: { logGroup: group.logGroupName },
          },
        ],
      },
    });
    return group;
  }

  /**
   * Both ways of each zone through one endpoint: it knows the connections that it saw begin. Ids of endpoints come in an
   * order that nobody promises, so a way may cross zones; it is the same one in both directions.
   */
  private lead(
    { vpc, protectedSubnets, natSubnets }: NetworkFirewallProps,
    endpoints: readonly ISubnet[],
    ids: readonly string[],
  ): void {
    const guarded = protectedSubnets ? vpc.selectSubnets(protectedSubnets).subnets : vpc.privateSubnets;
    const outer = natSubnets ? vpc.selectSubnets(natSubnets).subnets : vpc.publicSubnets;
    if (guarded.length !== endpoints.length || guarded.length === 0 || outer.length === 0) {
      throw new ConstructError(this, {
        code: 'firewall-zones',
        message: 'each zone needs an endpoint on its way out, and a way to its NAT gateway',
        prop: 'endpointSubnets',
        found: `${endpoints.length} for endpoints, ${guarded.length} protected, ${outer.length} with NAT gateways`,
        expected: 'as many for endpoints as protected, in the same zones',
        remedy: 'Give the VPC a group of isolated subnets for the endpoints, in each of its zones.',
      });
    }
    guarded.forEach((subnet, at) => {
      const vpcEndpointId = Fn.select(1, Fn.split(':', Fn.select(at, ids as string[])));
      const natGatewayId = this.turn(subnet, vpcEndpointId);
      new CfnRoute(this, `Out${at}`, {
        routeTableId: endpoints[at]!.routeTable.routeTableId,
        destinationCidrBlock: EVERYWHERE,
        natGatewayId,
      });
      outer.forEach((nat, beside) => {
        new CfnRoute(this, `Back${at}-${beside}`, {
          routeTableId: nat.routeTable.routeTableId,
          destinationCidrBlock: subnet.ipv4CidrBlock,
          vpcEndpointId,
        });
      });
    });
  }

  /** Lead a subnet's way out to an endpoint. Returns where it led before. */
  private turn(subnet: ISubnet, vpcEndpointId: string): string {
    const route = subnet.node.tryFindChild('DefaultRoute');
    const natGatewayId = route instanceof CfnRoute ? route.natGatewayId : undefined;
    if (!(route instanceof CfnRoute) || natGatewayId === undefined) {
      throw new ConstructError(this, {
        code: 'routes-unknown',
        message:
          'the way out of this subnet is not made in this app, so it cannot be led through the firewall',
        prop: 'protectedSubnets',
        found: subnet.node.path,
        expected: 'subnets that a Vpc of this app made, with a NAT gateway',
        remedy: 'Make the network in this app, or the firewall with the routes where the network is made.',
      });
    }
    route.natGatewayId = undefined;
    route.vpcEndpointId = vpcEndpointId;
    keepAsMade(this, asMade(route, { VpcEndpointId: vpcEndpointId, NatGatewayId: undefined }));
    return natGatewayId;
  }
}

const EVERYWHERE = '0.0.0.0/0';
