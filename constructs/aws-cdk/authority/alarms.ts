import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ISSUED, REFUSED, ROOT_SIGNATURE } from '../../../lambda/registration/logged.js';
import { linesWith } from '../support/logged-metric.js';
import { metricOfTriggers, ruleOfCalls } from '../support/management-events.js';
import { metricNamespace } from '../support/metric-namespace.js';
import type { KmsAuthority } from './kms-authority.js';

/** Days before the issuing certificate ends at which it should be renewed. */
const RENEW_DAYS = 60;

/** Metrics that the functions' logs become. */
export const AUTHORITY_METRICS = {
  issued: 'CertificatesIssued',
  refused: 'CertificatesRefused',
  rootSignatures: 'RootSignatures',
  issuerDaysLeft: 'IssuingCertificateDaysLeft',
} as const;

export interface AuthorityAlarmsProps {
  readonly platform: string;
  readonly registration: IFunction;
  readonly registrationLog: ILogGroup;
  /** Absent for AWS Private CA. */
  readonly kms?: { readonly authority: KmsAuthority; readonly log: ILogGroup };
  /** Absent for KMS. */
  readonly privateCa?: {
    readonly arn: string;
    /** ARN of the one role that issues. */
    readonly issuer: string;
  };
  /** Tasks that hold a certificate: all of them may ask anew within five minutes of a rollout. */
  readonly tasks: number;
  readonly actions: readonly IAlarmAction[];
}

/** What security must hear of: every use of the root key, more certificates than tasks, and refusals. */
export class AuthorityAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AuthorityAlarmsProps,
  ) {
    super(scope, id);
    const { registration, registrationLog, kms, privateCa, tasks } = props;
    this.count(registrationLog, AUTHORITY_METRICS.issued, ISSUED.event);
    this.count(registrationLog, AUTHORITY_METRICS.refused, REFUSED.event);
    this.alarm('IssuanceSpike', this.metric(AUTHORITY_METRICS.issued), 2 * tasks + 10, {
      description: 'More certificates in five minutes than a rollout of every task takes',
    });
    this.alarm('Refusals', this.metric(AUTHORITY_METRICS.refused), 5, {
      description: 'Somebody asks for certificates that they do not get',
    });
    this.alarm('RegistrationErrors', registration.metricErrors(), 1, {
      description: 'The registration function fails',
    });
    this.alarm('RegistrationThrottles', registration.metricThrottles(), 1, {
      description: 'Renewals are turned away for want of concurrency',
    });
    if (kms) this.rootAlarms(kms.authority, kms.log);
    if (privateCa) this.privateCaAlarms(privateCa);
    this.issuerAlarm(
      kms
        ? `The issuing certificate ends within ${RENEW_DAYS} days: change signing.renewal and deploy`
        : `The root of AWS Private CA ends within ${RENEW_DAYS} days: let another authority take over (alsoTrusted)`,
    );
  }

  private rootAlarms({ rootKeys, issuingKey }: KmsAuthority, log: ILogGroup): void {
    const roots = rootKeys.map(({ keyArn }) => keyArn);
    this.count(log, AUTHORITY_METRICS.rootSignatures, ROOT_SIGNATURE.event);
    this.alarm('RootKeyUsed', this.metric(AUTHORITY_METRICS.rootSignatures), 1, {
      description: 'The root key has signed: expected at the first deployment and at a change only',
    });
    // What the function's log cannot tell: calls of others. Needs a trail.
    const calls = ruleOfCalls(this, 'KeyCalls', {
      description: 'Calls of the root key, and changes of both keys',
      eventPattern: {
        source: ['aws.kms'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          $or: [
            { eventName: ['Sign'], resources: { ARN: roots } },
            {
              eventName: ['PutKeyPolicy', 'CreateGrant', 'DisableKey', 'ScheduleKeyDeletion'],
              resources: { ARN: [...roots, issuingKey.keyArn] },
            },
          ],
        },
      },
    });
    this.alarm('KeyCalled', metricOfTriggers(calls), 1, {
      description: 'Somebody called the root key or changed a key of the authority',
    });
  }

  /** A private CA has no policy that denies, so what anybody but the function does with it is told. Needs a trail. */
  private privateCaAlarms({ arn, issuer }: NonNullable<AuthorityAlarmsProps['privateCa']>): void {
    const of = { requestParameters: { certificateAuthorityArn: [arn] } };
    const by = (role: object) => ({ userIdentity: { sessionContext: { sessionIssuer: { arn: [role] } } } });
    const issue = { ...of, eventName: ['IssueCertificate'] };
    const calls = ruleOfCalls(this, 'PrivateCaCalls', {
      description: 'Certificates of the authority that others issue, and changes of it',
      eventPattern: {
        source: ['aws.acm-pca'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          $or: [
            { ...issue, ...by({ 'anything-but': [issuer] }) },
            // A user, and the account itself, have no role.
            { ...issue, ...by({ exists: false }) },
            {
              ...of,
              eventName: [
                'CreatePermission',
                'DeleteCertificateAuthority',
                'ImportCertificateAuthorityCertificate',
                'UpdateCertificateAuthority',
              ],
            },
            { eventName: ['PutPolicy'], requestParameters: { resourceArn: [arn] } },
          ],
        },
      },
    });
    this.alarm('PrivateCaCalled', metricOfTriggers(calls), 1, {
      description: 'Somebody but the registration function issued by the authority, or changed it',
    });
  }

  private issuerAlarm(description: string): void {
    new MetricFilter(this, AUTHORITY_METRICS.issuerDaysLeft, {
      logGroup: this.props.registrationLog,
      filterPattern: linesWith({ event: ISSUED.event }),
      metricNamespace: metricNamespace(this.props.platform),
      metricName: AUTHORITY_METRICS.issuerDaysLeft,
      metricValue: `$.${ISSUED.daysLeft}`,
    });
    const days = this.metric(AUTHORITY_METRICS.issuerDaysLeft, 'Minimum');
    this.alarm('IssuingCertificateEnds', days, RENEW_DAYS, {
      description,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
    });
  }

  private metric(metricName: string, statistic = 'Sum'): Metric {
    const namespace = metricNamespace(this.props.platform);
    return new Metric({ namespace, metricName, statistic, period: Duration.minutes(5) });
  }

  private count(logGroup: ILogGroup, metricName: string, event: string): void {
    new MetricFilter(this, metricName, {
      logGroup,
      filterPattern: linesWith({ event }),
      metricNamespace: metricNamespace(this.props.platform),
      metricName,
      metricValue: '1',
    });
  }

  private alarm(
    id: string,
    metric: IMetric,
    threshold: number,
    { description, comparison }: { description: string; comparison?: ComparisonOperator },
  ): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods: 1,
      alarmDescription: `${this.props.platform}: ${description}`,
      comparisonOperator: comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(...this.props.actions);
  }
}
