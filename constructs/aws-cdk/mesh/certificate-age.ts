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

/** How much of a leaf's life may pass: it is renewed after two thirds at the latest. */
const TOO_OLD = 0.8;

export interface CertificateAgeProps {
  /** A service, `gateway` or `key-tunnel`. */
  readonly name: string;
  readonly trustDomain: string;
  readonly leafLifetimeSeconds: number;
  readonly logGroup: ILogGroup;
  readonly actions: readonly IAlarmAction[];
}

/** Seconds since the oldest certificate of a point was issued, from the line that its agents write every minute. */
export function certificateAge(scope: Construct, props: CertificateAgeProps): Metric {
  const { name, trustDomain, logGroup, leafLifetimeSeconds, actions } = props;
  const where = { metricNamespace: metricNamespace(trustDomain), metricName: `CertificateAge-${name}` };
  new MetricFilter(scope, 'CertificateAge', {
    ...where,
    logGroup,
    filterPattern: FilterPattern.stringValue('$.event', '=', 'certificate'),
    metricValue: '$.ageSeconds',
  });
  const metric = new Metric({
    namespace: where.metricNamespace,
    metricName: where.metricName,
    statistic: 'Maximum',
    period: Duration.minutes(1),
  });
  const alarm = new Alarm(scope, 'CertificateAgeAlarm', {
    alarmDescription: `A certificate of ${name} was not renewed in time; at its end the task stops`,
    metric,
    threshold: Math.floor(leafLifetimeSeconds * TOO_OLD),
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 2,
    // No task, no certificate.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  for (const action of actions) alarm.addAlarmAction(action);
  return metric;
}
