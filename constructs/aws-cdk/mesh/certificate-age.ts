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
import { CERTIFICATE } from '../../../gateway/agent/logged.js';
import { readMetric } from '../support/logged-metric.js';
import { ageMetric } from './age-metric.js';

/** How much of a leaf's life may pass: it is renewed after two thirds at the latest. */
const TOO_OLD = 0.8;

export interface CertificateAgeProps {
  /** A service, `gateway`, `egress` or `key-tunnel`. */
  readonly name: string;
  readonly trustDomain: string;
  readonly leafLifetimeSeconds: number;
  readonly logGroup: ILogGroup;
  readonly actions: readonly IAlarmAction[];
}

/** Seconds since the oldest certificate of a point's tasks was issued. */
export function certificateAge(trustDomain: string, name: string, options?: MetricOptions): Metric {
  return ageMetric(trustDomain, `CertificateAge-${name}`, options);
}

/** Read the age from the line that agents write every minute, and tell when a certificate is too old. */
export function watchCertificateAge(scope: Construct, props: CertificateAgeProps): void {
  const { name, trustDomain, logGroup, leafLifetimeSeconds, actions } = props;
  const metric = certificateAge(trustDomain, name);
  const { event, value } = CERTIFICATE;
  readMetric(scope, 'CertificateAge', metric, { logGroup, lines: { event }, value });
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
}
