import { Duration } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { accessLogs, CLOSED } from '../support/closed-bucket.js';

export interface AuthorityBucketProps {
  readonly encryptionKey: IKey;
  /** Days that issued serials are kept. */
  readonly retentionDays: number;
  readonly accessLogBucket?: IBucket;
}

/** Where the trust bundle and the issued serials lie: versioned, encrypted, kept when the stack goes. */
export function authorityBucket(scope: Construct, id: string, props: AuthorityBucketProps): Bucket {
  const { encryptionKey, retentionDays, accessLogBucket } = props;
  return new Bucket(scope, id, {
    ...CLOSED,
    encryption: BucketEncryption.KMS,
    encryptionKey,
    bucketKeyEnabled: true,
    lifecycleRules: [
      {
        id: 'issued-serials',
        prefix: 'issued/',
        expiration: Duration.days(retentionDays),
        noncurrentVersionExpiration: Duration.days(30),
      },
      { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
    ...accessLogs(accessLogBucket, 'certificate-authority'),
  });
}

/** Nobody but this role writes below the prefix, whatever its own policy says. */
export function reserve(bucket: Bucket, sid: string, prefix: string, writer: IRole): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: [
        's3:PutObject',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:PutObjectRetention',
        's3:PutObjectLegalHold',
        // A replication rule of another bucket writes by these, and is asked for none of the above.
        's3:ReplicateObject',
        's3:ReplicateDelete',
        's3:ReplicateTags',
      ],
      resources: [bucket.arnForObjects(`${prefix}/*`)],
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': writer.roleArn } },
    }),
  );
}
