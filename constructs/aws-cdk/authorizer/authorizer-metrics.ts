import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import {
  type Counter,
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  type REVOCATION_AGE,
} from '../../../lambda/authorizer/metrics.js';
import { STATUSES } from '../../../lambda/authorizer/statuses.js';
import type { DecisionLogEntry } from '../../../lib/plan/decision-log.js';
import { linesWith } from '../support/logged-metric.js';
import { metricNamespace } from '../support/metric-namespace.js';

/** What the function itself counts. `RevocationAge` is in seconds, all others are numbers of events. */
export type AuthorizerMetric = Counter | typeof REVOCATION_AGE;

type Line = Pick<DecisionLogEntry, 'decision'> & Partial<Pick<DecisionLogEntry, 'status'>>;

/** What is counted from the decision log, so that none is lost with an environment that ends. */
const DECISIONS = {
  Refused: { decision: 'refuse' },
  Unavailable: { decision: 'refuse', status: STATUSES.rest.unavailable },
} as const satisfies Record<string, Line>;

/** Whose decisions: a platform has several authorizers, and a ratio is of one. */
export interface DecidedBy {
  /** The trust domain. */
  readonly platform: string;
  readonly functionName: string;
}

/** Count the decisions of a log. */
export function countDecisions(scope: Construct, by: DecidedBy, logGroup: ILogGroup): void {
  for (const [name, line] of Object.entries(DECISIONS)) {
    const { namespace, metricName } = decisions(by, name as keyof typeof DECISIONS);
    new MetricFilter(scope, name, {
      logGroup,
      filterPattern: linesWith(line),
      metricNamespace: namespace,
      metricName,
      metricValue: '1',
      defaultValue: 0,
    });
  }
}

/** Decisions of one kind; `countDecisions` makes what it is read from. */
export function decisions(
  { platform, functionName }: DecidedBy,
  name: keyof typeof DECISIONS,
  options?: MetricOptions,
): Metric {
  return new Metric({
    namespace: metricNamespace(platform),
    metricName: `Authorizer${name}-${functionName}`,
    statistic: 'Sum',
    ...options,
  });
}

/** What a function counts of itself, in CloudWatch's embedded metric format. */
export function ownMetric(
  functionName: string,
  metricName: AuthorizerMetric,
  options?: MetricOptions,
): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { [METRIC_DIMENSION]: functionName },
    statistic: metricName === 'RevocationAge' ? 'Maximum' : 'Sum',
    ...options,
  });
}
