import { Names, Resource, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct, IConstruct } from 'constructs';
import { checkLiteral } from '../support/literal.js';
import { acceptWeakening } from '../support/weakening.js';
import { associate, type FirewallTarget, globalScope } from './association.js';
import { checkFirewall } from './checks.js';
import { DATA_PROTECTION, logFirewall } from './logging.js';
import { listProblems } from './list-problems.js';
import { type FirewallRuleName, MANAGED_GROUPS, OWN_RULES } from './managed-groups.js';
import type { WebFirewallProps } from './props.js';
import { firewallProtection } from './protection.js';
import { baseline, type Counts, options, visibility } from './rules.js';

/** A web access control list of AWS WAF. */
export interface IWebFirewall extends IConstruct {
  readonly webAclArn: string;
  /**
   * Stand before a REST API's stage, an Application Load Balancer or a user pool. The association is made in
   * `scope`, by default the firewall: the target's own, if it stands in another stack.
   */
  protect(id: string, target: FirewallTarget, scope?: Construct): void;
}

/**
 * The edge firewall: a list of AWS WAF with IP reputation, anti-DDoS, the common rules, known bad inputs, SQL
 * injection, a rate for each address and a limit of what is inspected; bots, countries and address lists by
 * choice. Capacity is counted at synthesis, refused requests are logged without tokens or queries.
 *
 * Throws `ConstructError` for what AWS would refuse: capacity above 5,000 WCU, windows, limits, scopes, targets.
 */
export class WebFirewall extends Resource implements IWebFirewall {
  /** A list that exists. `protect` works; what is in it is not known. */
  static fromWebAclArn(scope: Construct, id: string, webAclArn: string): IWebFirewall {
    class Import extends Resource implements IWebFirewall {
      readonly webAclArn = webAclArn;
      protect(associationId: string, target: FirewallTarget, home: Construct = this): void {
        associate(home, associationId, this, target);
      }
    }
    return new Import(scope, id);
  }

  readonly webAclArn: string;
  readonly webAclId: string;
  readonly logGroup: ILogGroup;
  /** WCU of all rules; the deployed list says the same or less. */
  readonly capacity: number;
  /** Rules that only count, by name: what they would block passes. */
  readonly counting: readonly string[];
  private readonly metricName: string;
  private readonly wafScope: 'REGIONAL' | 'CLOUDFRONT';

  constructor(scope: Construct, id: string, props: WebFirewallProps = {}) {
    super(scope, id);
    this.wafScope = props.scope ?? 'REGIONAL';
    const counts = this.countFirst(props);
    const own = (props.rules ?? []).map(({ rule, capacity }) => ({ rule, capacity }));
    const rules = [...baseline(props, counts), ...options(this, props, counts), ...own].sort(
      (a, b) => a.rule.priority - b.rule.priority,
    );
    checkFirewall(this, props, rules);
    this.capacity = rules.reduce((sum, { capacity }) => sum + capacity, 0);
    this.counting = rules.map(({ rule }) => rule.name).filter(counts);
    this.metricName = Names.uniqueResourceName(this, { maxLength: 100 });
    const acl = new CfnWebACL(this, 'Resource', {
      scope: this.wafScope,
      defaultAction: { allow: {} },
      description: `${this.capacity} WCU`,
      rules: rules.map(({ rule }) => rule),
      visibilityConfig: visibility(this.metricName),
      dataProtectionConfig: DATA_PROTECTION,
      ...(this.wafScope === 'REGIONAL' && { associationConfig: inspected(props.inspectedBody ?? 16) }),
    });
    const problems = listProblems(this, acl);
    this.node.addValidation({
      validate: () => problems().map(({ code, message }) => `${code}: ${message}`),
    });
    this.webAclArn = acl.attrArn;
    this.webAclId = acl.attrId;
    this.logGroup = logFirewall(this, acl.attrArn, props);
  }

  protect(id: string, target: FirewallTarget, scope: Construct = this): void {
    if (this.wafScope === 'CLOUDFRONT') throw globalScope(this);
    associate(scope, id, this, target);
  }

  /**
   * Statements for a service control policy or a permissions boundary: the list, its log and what it stands before stay as
   * the deployers made them. Address sets and rule groups that rules of your own name are not in it.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    return firewallProtection(Stack.of(this), this.webAclArn, deployers);
  }

  /** Requests that were blocked, by one rule or by all. */
  metricBlocked(rule?: FirewallRuleName, options?: MetricOptions): Metric {
    return this.metric('BlockedRequests', rule, options);
  }

  /** Requests that a counting rule would have blocked. */
  metricCounted(rule?: FirewallRuleName, options?: MetricOptions): Metric {
    return this.metric('CountedRequests', rule, options);
  }

  /** Requests that passed. */
  metricAllowed(options?: MetricOptions): Metric {
    return this.metric('AllowedRequests', undefined, options);
  }

  private metric(metricName: string, rule: FirewallRuleName | undefined, options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/WAFV2',
      metricName,
      statistic: 'Sum',
      dimensionsMap: {
        WebACL: this.metricName,
        Rule: rule ?? 'ALL',
        ...(this.wafScope === 'REGIONAL' && { Region: Stack.of(this).region }),
      },
      ...options,
    });
  }

  /** Which rules count only: said at synthesis and in the stack's outputs, and over when it expires. */
  private countFirst({ countFirst, oversizeBody }: WebFirewallProps): Counts {
    if (typeof oversizeBody === 'object') acceptWeakening(this, 'oversizeBody', oversizeBody.passUninspected);
    if (!countFirst) return () => false;
    acceptWeakening(this, 'countFirst', countFirst);
    for (const name of countFirst.rules ?? []) checkLiteral(this, 'countFirst.rules', name);
    const all = [...Object.values(MANAGED_GROUPS), ...Object.values(OWN_RULES)].map(({ name }) => name);
    const counted = new Set<string>(countFirst.rules ?? all);
    return (name) => counted.has(name);
  }
}

/** "AssociationConfig", AWS WAF API reference; a load balancer's 8 KiB are fixed and not named there. */
function inspected(kibibytes: number): CfnWebACL.AssociationConfigProperty {
  const requestBody = { defaultSizeInspectionLimit: `KB_${kibibytes}` };
  return { requestBody: { API_GATEWAY: requestBody, COGNITO_USER_POOL: requestBody } };
}
