import { Resource } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { DecisionLogEntry } from '../../../lib/plan/decision-log.js';
import { metricNamespace } from '../support/metric-namespace.js';

/** Points whose refusals are counted together: what a metric of each would cost nobody looks at. */
export type RefusingPoints = 'Gateway' | 'Sidecars' | 'Egress';

export interface RefusalCountProps {
  /** The trust domain. */
  readonly platform: string;
  readonly points: RefusingPoints;
  /** Where the points log. */
  readonly logGroup: ILogGroup;
}

const REFUSED: DecisionLogEntry['decision'] = 'refuse';

/** Counts what points refuse, from their decision log: all counts of a platform and kind are one metric. */
export class RefusalCount extends Resource {
  /** What the points of this kind refuse, wherever it is counted. */
  static metricOf(platform: string, points: RefusingPoints, options?: MetricOptions): Metric {
    return new Metric({
      namespace: metricNamespace(platform),
      metricName: `RefusedBy${points}`,
      statistic: 'Sum',
      ...options,
    });
  }

  private readonly props: RefusalCountProps;

  constructor(scope: Construct, id: string, props: RefusalCountProps) {
    super(scope, id);
    this.props = props;
    const { namespace, metricName } = this.metric();
    new MetricFilter(this, 'Resource', {
      logGroup: props.logGroup,
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue('$.decision', '=', REFUSED),
        // What a decision service refuses its point refuses, and says so in a line of its own.
        FilterPattern.stringValue('$.point', '!=', '*/decision'),
      ),
      metricNamespace: namespace,
      metricName,
      metricValue: '1',
      defaultValue: 0,
    });
  }

  metric(options?: MetricOptions): Metric {
    return RefusalCount.metricOf(this.props.platform, this.props.points, options);
  }
}
