import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Plan } from '../../../lib/plan/plan.js';

/** Two KMS keys: a root that signs at a deployment, and an issuing key that signs leaves. */
export interface KmsSigning {
  readonly kind: 'kms';
  /**
   * Raise it by one for a new root key. The new root is trusted at once and signs after one life of a leaf;
   * the old
   * key stays, for what it signed and for those who know the authority by it. At most 100.
   * @default 1
   */
  readonly rootGeneration?: number;
  /** Raise it by one for a new issuing key; not together with the root's. At most 100. @default 1 */
  readonly issuingGeneration?: number;
  /**
   * Change it to any other text and the root signs a new issuing certificate, if the present one has lived
   * half of its year.
   * @default '1'
   */
  readonly renewal?: string;
}

/** AWS Private CA in short-lived mode: one root that issues leaves itself. */
export interface PrivateCaSigning {
  readonly kind: 'privateCa';
  /** ARN of a root authority that exists, in short-lived mode, P-256. @default a new one */
  readonly arn?: string;
  /** ARNs of authorities that are trusted as well, while one takes over from another. @default none */
  readonly alsoTrusted?: readonly string[];
}

export interface CertificateAuthorityProps {
  /** The plan of the engine `aws`. */
  readonly plan: Plan;
  /** What signs. @default { kind: 'kms' } */
  readonly signing?: KmsSigning | PrivateCaSigning;
  /** Tasks that one service runs on average: cost and the alarm of issuance follow it. @default 2 */
  readonly tasksPerService?: number;
  /** Certificates that one task gets within one life of a leaf. @default 10 */
  readonly issuancesPerTask?: number;
  /**
   * Certificates that one service gets within one life of a leaf, at most 1000. Both limits are approximate: requests
   * that run at once, at most `reservedConcurrency`, do not see one another.
   * @default 1000
   */
  readonly issuancesPerService?: number;
  /** Instances of the registration function that are kept warm. @default none */
  readonly provisionedConcurrency?: number;
  /**
   * Instances of the registration function at once, set aside from the account's: no other function takes them away,
   * and no more than so many requests are counted at the same moment. An account of which 100 are not left for all
   * others takes 'none'.
   * @default 20
   */
  readonly reservedConcurrency?: number | 'none';
  /** Encrypts bucket and logs. @default a key of the construct's own, which rotates every year */
  readonly encryptionKey?: IKey;
  /** @default RetentionDays.ONE_YEAR */
  readonly logRetention?: RetentionDays;
  /** Days that issued serials are kept: 8 or more, as the limits count them. @default 400 */
  readonly issuanceRetentionDays?: number;
  /** Where accesses to the bucket are logged. @default not logged */
  readonly accessLogBucket?: IBucket;
  /** What every alarm does. @default nothing: the alarms are there to be seen */
  readonly alarmActions?: readonly IAlarmAction[];
}
