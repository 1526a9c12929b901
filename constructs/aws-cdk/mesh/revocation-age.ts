import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { UNREAD_REVOCATIONS } from '../../../gateway/agent/logged.js';
import { readMetric } from '../support/logged-metric.js';
import { ageMetric } from './age-metric.js';

export interface RevocationAgeProps {
  /** A service, `gateway` or `egress`. */
  readonly name: string;
  readonly trustDomain: string;
  /** Seconds after which the point closes every service. */
  readonly outageSeconds: number;
  /** Seconds that revocations may be old while they are read. */
  readonly withinSeconds: number;
  readonly logGroup: ILogGroup;
  readonly actions: readonly IAlarmAction[];
}

/** Seconds since the tasks of a point last read what is revoked, at each look that failed. */
export function revocationAge(trustDomain: string, name: string, options?: MetricOptions): Metric {
  return ageMetric(trustDomain, `RevocationAge-${name}`, options);
}

/**
 * Read from each failed look how old what is revoked is, and tell when that is half of what it may be, and when every
 * service of the point is closed. Agents look at least twice a minute, so both alarms stay while the outage does.
 */
export function watchRevocationAge(scope: Construct, props: RevocationAgeProps): void {
  const { name, trustDomain, outageSeconds, withinSeconds, logGroup, actions } = props;
  const { event, code, value } = UNREAD_REVOCATIONS;
  const metric = revocationAge(trustDomain, name);
  readMetric(scope, 'RevocationAge', metric, { logGroup, lines: { event, code }, value });
  const alarm = (id: string, threshold: number, alarmDescription: string) => {
    const made = new Alarm(scope, id, {
      alarmDescription,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      // A look that succeeds writes no line.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    for (const action of actions) made.addAlarmAction(action);
  };
  const unread = `What is revoked cannot be read by ${name}`;
  const half = Math.max(Math.floor(outageSeconds / 2), withinSeconds);
  alarm('RevocationAgeAlarm', half, `${unread}; after ${outageSeconds} s it closes every service`);
  alarm('RevocationsClosedAlarm', outageSeconds, `${unread}: every service is closed there`);
}
