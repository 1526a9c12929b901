import { Duration, Resource } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { suggestion } from '../../../lib/model/suggest.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { ConstructError } from '../support/error.js';
import { linesWith } from '../support/logged-metric.js';
import { metricNamespace } from '../support/metric-namespace.js';

export interface RuleAlarmProps {
  readonly plan: Plan;
  /** The id of an allow of the plan: the name that the model gives it. */
  readonly rule: string;
  /** Where the last point before the service logs its decisions: no admitted request is missing there. */
  readonly logGroup: ILogGroup;
  /** @default nothing: the alarm is there to be seen */
  readonly alarmActions?: readonly IAlarmAction[];
}

/**
 * Tells of every request that one rule admitted, such as a rule to break glass by, whose use nobody may overlook. A
 * request that another rule admits as well needed no emergency, and may be logged as admitted by that one.
 *
 * Throws `ConstructError` for a rule that is no allow of the plan, and where admissions are not logged.
 */
export class RuleAlarm extends Resource {
  /** Sounds within two minutes of the first request. */
  readonly alarm: Alarm;
  private readonly props: RuleAlarmProps;

  constructor(scope: Construct, id: string, props: RuleAlarmProps) {
    super(scope, id);
    this.props = props;
    this.check();
    const { plan, rule, logGroup, alarmActions = [] } = props;
    const metric = this.metricUsed();
    new MetricFilter(this, 'Used', {
      metricNamespace: metric.namespace,
      metricName: metric.metricName,
      logGroup,
      filterPattern: linesWith({ rule, decision: 'allow' }),
      metricValue: '1',
    });
    this.alarm = new Alarm(this, 'Alarm', {
      alarmDescription: `${plan.trustDomain}: the rule ${rule} admitted a request`,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    for (const action of alarmActions) this.alarm.addAlarmAction(action);
  }

  /** Requests that the rule admitted. */
  metricUsed(options?: MetricOptions): Metric {
    return new Metric({
      namespace: metricNamespace(this.props.plan.trustDomain),
      metricName: `RuleUsed-${this.props.rule}`,
      statistic: 'Sum',
      period: Duration.minutes(1),
      ...options,
    });
  }

  private check(): void {
    const { plan, rule } = this.props;
    const known = Object.values(plan.policy.services)
      .flatMap(({ rules }) => rules.filter(({ effect }) => effect === 'allow'))
      .map(({ id }) => id);
    if (!known.includes(rule)) {
      const near = suggestion(rule, known);
      throw new ConstructError(this, {
        code: 'unknown-rule',
        message: 'the model has no allow of this name',
        prop: 'rule',
        found: JSON.stringify(rule),
        remedy: near === undefined ? 'Name a rule of `access`.' : `Did you mean "${near}"?`,
      });
    }
    if (plan.decisionLog.decisions === 'all') return;
    throw new ConstructError(this, {
      code: 'admissions-not-logged',
      message: `nobody would see that the rule ${rule} is used`,
      prop: 'plan',
      found: "observe: { decisions: 'refused' }",
      expected: "observe: { decisions: 'all' }",
      remedy: 'Log admitted requests too, or take the rule away.',
    });
  }
}
