import { Lazy, Stack } from 'aws-cdk-lib';
import type { Bucket, BucketPolicy, CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { asMade, keepAsMade } from './as-made.js';
import { keepAlone } from './beside.js';

/**
 * Synthesis stops where the policy of a bucket that others would become something by is overridden, or who owns its
 * objects, their versions, lists of access control, and that nothing of it is public; for a second policy too. What the
 * app adds to the policy stays: nothing that is allowed there takes a refusal away.
 */
export function keepBucket(bucket: Bucket): void {
  const resource = bucket.node.defaultChild as CfnBucket;
  // The L2 says late who owns objects, and lets in what delivers the logs of another bucket: what holds is what it is now.
  const now = (value: unknown): unknown => Stack.of(bucket).resolve(value);
  // It refuses what does not come by TLS, so it is there from the beginning.
  const policy = bucket.policy as BucketPolicy;
  keepAsMade(
    bucket,
    asMade(resource, {
      VersioningConfiguration: now(resource.versioningConfiguration),
      PublicAccessBlockConfiguration: now(resource.publicAccessBlockConfiguration),
      OwnershipControls: now(resource.ownershipControls),
      AccessControl: now(resource.accessControl),
    }),
    asMade(policy.node.defaultChild as CfnBucketPolicy, {
      Bucket: bucket.bucketName,
      PolicyDocument: Lazy.any({ produce: () => policy.document }),
    }),
  );
  keepAlone({
    construct: bucket,
    values: [bucket.bucketName, bucket.bucketArn],
    what: 'a bucket',
    // A bucket has one policy: of two the one that is deployed last is in force.
    types: [
      {
        type: 'AWS::S3::BucketPolicy',
        property: 'Bucket',
        own: [policy.node.defaultChild as CfnBucketPolicy],
      },
    ],
    calls: { services: ['s3'], changing: /^(put|delete)(bucket|publicaccessblock)/ },
  });
}
