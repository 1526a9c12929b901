import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { readMetric } from '../support/logged-metric.js';
import { metricNamespace } from '../support/metric-namespace.js';

/** Days that certificates of the gateway have left. */
export type DaysLeftMetric = 'ClientCertificateDaysLeft' | 'GatewayCertificateDaysLeft';

export interface DaysLeftProps {
  readonly logGroup: ILogGroup;
  /** The lines that say how many. */
  readonly logged: { readonly event: string; readonly value: string };
  readonly trustDomain: string;
  readonly metricName: DaysLeftMetric;
  /** Alarm below so many. */
  readonly days: number;
  readonly description: string;
  readonly actions: readonly IAlarmAction[];
}

/** An alarm that comes while there is time to renew something. */
export class DaysLeft extends Construct {
  constructor(scope: Construct, id: string, props: DaysLeftProps) {
    super(scope, id);
    const { logGroup, logged, trustDomain, metricName, days, description, actions } = props;
    const metric = daysLeft(trustDomain, metricName);
    const { event, value } = logged;
    readMetric(this, 'Filter', metric, { logGroup, lines: { event }, value });
    const alarm = new Alarm(this, 'Alarm', {
      alarmDescription: description,
      metric,
      threshold: days,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 1,
      // What says the days has stopped saying them.
      treatMissingData: TreatMissingData.BREACHING,
    });
    for (const action of actions) alarm.addAlarmAction(action);
  }
}

/** The fewest days of all, once a day. */
export function daysLeft(trustDomain: string, metricName: DaysLeftMetric, options?: MetricOptions): Metric {
  return new Metric({
    namespace: metricNamespace(trustDomain),
    metricName,
    statistic: 'Minimum',
    period: Duration.days(1),
    ...options,
  });
}
