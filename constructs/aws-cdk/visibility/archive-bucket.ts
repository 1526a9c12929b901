import { Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import {
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  ObjectLockRetention,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { accessLogs, CLOSED } from '../support/closed-bucket.js';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';

/** How long nobody deletes what is in an archive, and who could all the same. */
export interface ArchiveLock {
  /** Days from the moment an object is written; it is gone a day later. @default 365 */
  readonly days?: number;
  /**
   * `governance`: whoever may change the bucket's policy and bypass the lock can end it; both are denied to all, and
   * told by an alarm. `compliance`: nobody, the root user of the account included, and no mistake either, can delete
   * or shorten anything before its time.
   * @default 'governance'
   */
  readonly mode?: 'governance' | 'compliance';
}

export interface ArchiveBucketProps {
  readonly lock?: ArchiveLock;
  readonly encryptionKey?: IKey;
  readonly accessLogBucket?: IBucket;
}

/** S3's own bound of a retention ("Object Lock considerations", Amazon S3 user guide). */
const LONGEST = 36_500;

/** A bucket that keeps every version of every object for as long as it is locked. */
export function archiveBucket(scope: Construct, props: ArchiveBucketProps): Bucket {
  const { lock: { days = 365, mode = 'governance' } = {}, accessLogBucket } = props;
  checkRange(scope, days, {
    prop: 'lock.days',
    min: 1,
    max: LONGEST,
    unit: 'days',
    remedy: 'Say for how many days nobody may delete a log.',
  });
  const encryptionKey =
    props.encryptionKey ??
    new Key(scope, 'Key', {
      description: `Logs in the archive of ${scope.node.path}`,
      enableKeyRotation: true,
      // What it encrypted cannot be read without it.
      removalPolicy: RemovalPolicy.RETAIN,
    });
  return new Bucket(scope, 'Bucket', {
    ...CLOSED,
    objectLockDefaultRetention: ObjectLockRetention[mode](Duration.days(days)),
    encryption: BucketEncryption.KMS,
    encryptionKey,
    bucketKeyEnabled: true,
    lifecycleRules: [
      {
        id: 'after-the-lock',
        expiration: Duration.days(days + 1),
        noncurrentVersionExpiration: Duration.days(1),
        abortIncompleteMultipartUploadAfter: Duration.days(1),
      },
    ],
    ...accessLogs(accessLogBucket, 'archive'),
  });
}

/** Throws unless a bucket of the user's own keeps what it is given, by a key that services can be let use. */
export function checkArchiveBucket(scope: Construct, bucket: Bucket): void {
  const { objectLockEnabled, objectLockConfiguration } = bucket.node.defaultChild as CfnBucket;
  const isLocked =
    (objectLockEnabled === true || Token.isUnresolved(objectLockEnabled)) &&
    objectLockConfiguration !== undefined;
  if (isLocked && bucket.encryptionKey) return;
  throw new ConstructError(scope, {
    code: 'archive-not-locked',
    message: isLocked
      ? 'no key encrypts the bucket that services could be let use'
      : 'whoever may delete an object of the bucket could delete evidence',
    prop: 'bucket',
    found: bucket.node.path,
    expected: 'a bucket with `objectLockDefaultRetention` and an `encryptionKey`',
    remedy: 'Make it with both, or leave it out and let the archive make one.',
  });
}

/** Whatever another policy allows: only the services and these roles write, and nobody goes round the lock. */
export function closeArchive(bucket: Bucket, writers: () => readonly string[]): void {
  const deny = (sid: string, actions: string[], conditions?: Record<string, Record<string, unknown>>) =>
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        resources: [bucket.arnForObjects('*')],
        ...(conditions && { conditions }),
      }),
    );
  const { partition, account } = Stack.of(bucket);
  // A condition without a value would be no policy.
  const nobody = `arn:${partition}:iam::${account}:role/nobody`;
  deny('OnlyDeliveriesWrite', ['s3:PutObject'], {
    ArnNotEquals: { 'aws:PrincipalArn': Lazy.list({ produce: () => [nobody, ...writers()] }) },
    // CloudTrail and the delivery of flow logs come as themselves, by no role.
    Bool: { 'aws:PrincipalIsAWSService': 'false' },
  });
  deny('NobodyReplicates', ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags']);
  deny('NobodyGoesRoundTheLock', [
    's3:BypassGovernanceRetention',
    's3:PutObjectRetention',
    's3:PutObjectLegalHold',
  ]);
}
