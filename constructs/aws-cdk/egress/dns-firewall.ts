import { Duration, Lazy, Token } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import {
  CfnFirewallDomainList,
  CfnFirewallRuleGroup,
  CfnFirewallRuleGroupAssociation,
  CfnResolverQueryLoggingConfig,
  CfnResolverQueryLoggingConfigAssociation,
} from 'aws-cdk-lib/aws-route53resolver';
import { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { encryptedLogGroup, grantToLogs, type LogProps, logKey } from '../support/encrypted-log-group.js';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';
import { linesWith } from '../support/logged-metric.js';
import { isListedName } from './listed-name.js';

export interface DnsFirewallProps extends LogProps {
  /** Whose look-ups are judged: everybody's in it, by the resolver that AWS gives the network. */
  readonly vpc: IVpc;
  /** Names that may be looked up: `api.bank.example`, or `*.shop.internal` for all below. `allowedDomainsOf(mesh)` has a mesh's. */
  readonly allowedDomains: readonly string[];
  /** Its place among the rule groups of the network, 101 to 9899; the lowest is asked first. @default 101 */
  readonly priority?: number;
  /** What the alarm does when a name was refused. @default nothing: the alarm is there to be seen */
  readonly alarmActions?: readonly IAlarmAction[];
}

/**
 * An allow list for names: the resolver of a network answers for these, and says of every other that it does not exist.
 * Without it a taken task, which reaches no address outside, could still carry data out in the names that it looks up.
 * If Route 53 cannot judge, nothing is answered: that is how a network is, unless somebody has let its DNS firewalls fail open.
 *
 * Throws `ConstructError`. Synthesis stops where an override would open it.
 */
export class DnsFirewall extends Construct {
  /** Every look-up, with what came of it. */
  readonly queryLog: ILogGroup;
  private readonly domains: string[];
  private readonly metric: Metric;

  constructor(scope: Construct, id: string, props: DnsFirewallProps) {
    super(scope, id);
    const { vpc, priority = 101, alarmActions = [] } = props;
    checkRange(this, priority, {
      prop: 'priority',
      min: 101,
      max: 9899,
      unit: '',
      remedy: 'Leave it out to be asked first.',
    });
    this.domains = [];
    if (!Array.isArray(props.allowedDomains)) throw this.noDomain(props.allowedDomains);
    this.allow(...props.allowedDomains);
    const listed = Lazy.list({ produce: () => this.domains });
    const allowed = new CfnFirewallDomainList(this, 'Allowed', { domains: listed });
    const everything = new CfnFirewallDomainList(this, 'Everything', { domains: ['*'] });
    const firewallRules = [
      {
        action: 'ALLOW',
        firewallDomainListId: allowed.attrId,
        // A host behind a content network is an alias of names that nobody promises.
        firewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN',
        priority: 100,
      },
      {
        action: 'BLOCK',
        blockResponse: 'NXDOMAIN',
        firewallDomainListId: everything.attrId,
        priority: 200,
      },
    ];
    const group = new CfnFirewallRuleGroup(this, 'Rules', { firewallRules });
    const [firewallRuleGroupId, vpcId] = [group.attrId, vpc.vpcId];
    const association = new CfnFirewallRuleGroupAssociation(this, 'Association', {
      firewallRuleGroupId,
      priority,
      vpcId,
    });
    keepAsMade(
      this,
      asMade(allowed, { Domains: listed, DomainFileUrl: undefined }),
      asMade(everything, { Domains: ['*'], DomainFileUrl: undefined }),
      asMade(group, { FirewallRules: firewallRules }),
      asMade(association, { FirewallRuleGroupId: firewallRuleGroupId, VpcId: vpcId, Priority: priority }),
    );
    this.queryLog = this.logQueries(props);
    this.metric = this.watch(alarmActions);
  }

  /** Let more names be looked up. */
  allow(...domains: readonly string[]): void {
    for (const domain of domains) {
      if (!Token.isUnresolved(domain) && !isListedName(domain, '*.')) throw this.noDomain(domain);
      if (!this.domains.includes(domain)) this.domains.push(domain);
    }
  }

  /** Look-ups that were refused. */
  metricBlocked(options?: MetricOptions): Metric {
    return options ? this.metric.with(options) : this.metric;
  }

  private logQueries({ vpc, encryptionKey = logKey(this, 'Key'), retention }: DnsFirewallProps): ILogGroup {
    grantToLogs(this, encryptionKey);
    const group = encryptedLogGroup(this, 'Queries', {
      encryptionKey,
      ...(retention !== undefined && { retention }),
    });
    const { attrId } = new CfnResolverQueryLoggingConfig(this, 'QueryLog', {
      destinationArn: group.logGroupArn,
    });
    new CfnResolverQueryLoggingConfigAssociation(this, 'QueryLogOfNetwork', {
      resolverQueryLogConfigId: attrId,
      resourceId: vpc.vpcId,
    });
    return group;
  }

  private watch(actions: readonly IAlarmAction[]): Metric {
    const filter = new MetricFilter(this, 'Blocked', {
      logGroup: this.queryLog,
      metricNamespace: 'ZeroTrustPlatform/Dns',
      metricName: `Blocked-${this.node.addr}`,
      filterPattern: linesWith({ firewall_rule_action: 'BLOCK' }),
      metricValue: '1',
      defaultValue: 0,
    });
    const metric = filter.metric({ statistic: 'Sum', period: Duration.minutes(5) });
    const alarm = new Alarm(this, 'BlockedAlarm', {
      alarmDescription:
        'Somebody in the network looked up a name that is not allowed: a mistake, or data on its way out',
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    for (const action of actions) alarm.addAlarmAction(action);
    return metric;
  }

  private noDomain(domain: unknown): ConstructError {
    const isAll = domain === '*';
    return new ConstructError(this, {
      code: isAll ? 'dns-allows-everything' : 'no-domain',
      message: isAll
        ? 'with every name allowed, data can leave in names'
        : 'this is no name that can be allowed',
      prop: 'allowedDomains',
      found: JSON.stringify(domain) ?? 'no list of names',
      expected: 'api.bank.example, or *.shop.internal for all below',
      remedy: isAll
        ? 'Name what is looked up.'
        : 'Write it in lower case, without a scheme, a port or a dot at the end.',
    });
  }
}
