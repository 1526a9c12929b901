import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { metricNamespace } from '../support/metric-namespace.js';

/** How old something of a point is, in seconds: the oldest of its tasks' in a minute. */
export function ageMetric(trustDomain: string, metricName: string, options?: MetricOptions): Metric {
  return new Metric({
    namespace: metricNamespace(trustDomain),
    metricName,
    statistic: 'Maximum',
    period: Duration.minutes(1),
    ...options,
  });
}
