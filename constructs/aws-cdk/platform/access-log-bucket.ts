import { Duration } from 'aws-cdk-lib';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CLOSED } from '../support/closed-bucket.js';

/** By default the CDK grants log delivery by ACLs, which a bucket with an enforced owner does not have. */
const BY_POLICY = '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy';

/** Days that it is known who read what. */
const RETENTION = Duration.days(400);

/**
 * Where accesses to the platform's buckets are logged. S3 delivers such logs only to a bucket with keys of its
 * own ("Enabling Amazon S3 server access logging": SSE-KMS is not supported for the target).
 */
export function accessLogBucket(scope: Construct, id: string): Bucket {
  const home = new Construct(scope, id);
  home.node.setContext(BY_POLICY, true);
  return new Bucket(home, 'Resource', {
    ...CLOSED,
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [{ expiration: RETENTION, noncurrentVersionExpiration: Duration.days(30) }],
  });
}
