import { Duration } from 'aws-cdk-lib';
import { Bucket, type CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { bucketEncryption, type BucketKeyProps } from '../support/bucket-key.js';
import { accessLogs, CLOSED } from '../support/closed-bucket.js';

/** Days that it can be seen what was revoked, and when. */
const RETENTION = Duration.days(400);

export interface RevocationBucketProps extends BucketKeyProps {
  /** Where accesses to the bucket are logged. @default not logged */
  readonly accessLogBucket?: IBucket;
}

/** Where the document lies: versioned, kept when the stack goes, every write an event. */
export function revocationBucket(scope: Construct, id: string, props: RevocationBucketProps): Bucket {
  const { accessLogBucket } = props;
  const bucket = new Bucket(scope, id, {
    ...CLOSED,
    // A key of its own would be one more thing that, lost, closes every service.
    ...bucketEncryption(scope, props),
    lifecycleRules: [{ noncurrentVersionExpiration: RETENTION }],
    ...accessLogs(accessLogBucket, 'revocations'),
  });
  // The CDK's own way makes a function with rights over every bucket for this one property.
  (bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
  return bucket;
}
