import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, type CfnBucket, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { bucketEncryption, type BucketKeyProps } from '../support/bucket-key.js';

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
    versioned: true,
    // A key of its own would be one more thing that, lost, closes every service.
    ...bucketEncryption(scope, props),
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ noncurrentVersionExpiration: RETENTION }],
    ...(accessLogBucket && {
      serverAccessLogsBucket: accessLogBucket,
      serverAccessLogsPrefix: 'revocations/',
    }),
  });
  // The CDK's own way makes a function with rights over every bucket for this one property.
  (bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
  return bucket;
}
