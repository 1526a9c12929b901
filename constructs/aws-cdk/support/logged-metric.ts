import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type IFilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Texts and numbers of the top level of a line. */
export type Fields = Readonly<Record<string, string | number>>;

/** The lines of a log with these fields, all of them. */
export function linesWith(fields: Fields): IFilterPattern {
  const conditions = Object.entries(fields).map(([name, value]) => `$.${name} = ${JSON.stringify(value)}`);
  return FilterPattern.literal(`{ ${conditions.join(' && ')} }`);
}

export interface LoggedValue {
  readonly logGroup: ILogGroup;
  /** What the lines have that say it. */
  readonly lines: Fields;
  /** The field that has the value. */
  readonly value: string;
}

/** Read a metric from the lines of a log. */
export function readMetric(
  scope: Construct,
  id: string,
  metric: Metric,
  { logGroup, lines, value }: LoggedValue,
): void {
  new MetricFilter(scope, id, {
    metricNamespace: metric.namespace,
    metricName: metric.metricName,
    logGroup,
    filterPattern: linesWith(lines),
    metricValue: `$.${value}`,
  });
}
