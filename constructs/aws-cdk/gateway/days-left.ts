import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { metricNamespace } from '../support/metric-namespace.js';

export interface DaysLeftProps {
  readonly logGroup: ILogGroup;
  /** The event of the lines that say `daysLeft`. */
  readonly event: string;
  readonly trustDomain: string;
  readonly metricName: string;
  /** Alarm below so many. */
  readonly days: number;
  readonly description: string;
  readonly actions: readonly IAlarmAction[];
}

/** An alarm that comes while there is time to renew something. */
export class DaysLeft extends Construct {
  readonly metric: Metric;

  constructor(scope: Construct, id: string, props: DaysLeftProps) {
    super(scope, id);
    const { logGroup, event, trustDomain, metricName, days, description, actions } = props;
    const namespace = metricNamespace(trustDomain);
    new MetricFilter(this, 'Filter', {
      logGroup,
      metricNamespace: namespace,
      metricName,
      filterPattern: FilterPattern.stringValue('$.event', '=', event),
      metricValue: '$.daysLeft',
    });
    this.metric = new Metric({
      namespace,
      metricName,
      statistic: 'Minimum',
      period: Duration.days(1),
    });
    const alarm = new Alarm(this, 'Alarm', {
      alarmDescription: description,
      metric: this.metric,
      threshold: days,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 1,
      // What says the days has stopped saying them.
      treatMissingData: TreatMissingData.BREACHING,
    });
    for (const action of actions) alarm.addAlarmAction(action);
  }
}
