import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type CfnRule, type IRule, Rule, type RuleProps } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';

/**
 * A rule over calls that CloudTrail tells of, those that only read too. A rule that is merely enabled does not get
 * them ("AWS service events delivered via AWS CloudTrail", Amazon EventBridge), and `kms:Sign` is one of them: its
 * record says `"readOnly": true` (AWS KMS, "Sign" in the examples of log entries).
 */
export function ruleOfCalls(scope: Construct, id: string, props: RuleProps): Rule {
  const rule = new Rule(scope, id, props);
  (rule.node.defaultChild as CfnRule).state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
  return rule;
}

/** How often a rule had an event that it is for ("Monitoring Amazon EventBridge"). */
export function metricOfTriggers({ ruleName }: IRule, options?: MetricOptions): Metric {
  return new Metric({
    namespace: 'AWS/Events',
    metricName: 'TriggeredRules',
    dimensionsMap: { RuleName: ruleName },
    statistic: 'Sum',
    ...options,
  });
}
