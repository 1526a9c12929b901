import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { metricNamespace } from '../support/metric-namespace.js';

export interface DecisionServiceEndsProps {
  /** A service, or `gateway`. */
  readonly name: string;
  readonly trustDomain: string;
  readonly logGroup: ILogGroup;
  readonly actions: readonly IAlarmAction[];
}

/** How often decision services ended, from the line that an agent writes each time; until another is there, 503. */
export function decisionServiceEnds(scope: Construct, props: DecisionServiceEndsProps): Metric {
  const { name, trustDomain, logGroup, actions } = props;
  const where = { metricNamespace: metricNamespace(trustDomain), metricName: `DecisionServiceEnds-${name}` };
  new MetricFilter(scope, 'DecisionServiceEnds', {
    ...where,
    logGroup,
    filterPattern: FilterPattern.stringValue('$.code', '=', 'decision-service-ended'),
    metricValue: '1',
    defaultValue: 0,
  });
  const metric = new Metric({
    namespace: where.metricNamespace,
    metricName: where.metricName,
    statistic: 'Sum',
    period: Duration.minutes(5),
  });
  const alarm = new Alarm(scope, 'DecisionServiceEndsAlarm', {
    alarmDescription: `A decision service of ${name} ended by itself; where Envoy asks it, requests were refused`,
    metric,
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  for (const action of actions) alarm.addAlarmAction(action);
  return metric;
}
