import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { denied } from './function-protection.js';

/** What changes who may write a bucket, or what becomes of its objects. */
const CHANGES = [
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
  's3:PutBucketVersioning',
  's3:PutReplicationConfiguration',
  's3:PutLifecycleConfiguration',
  's3:DeleteBucket',
];

/** A statement of a service control policy: buckets, with the policies that guard them, stay as the deployers made them. */
export function bucketProtection(
  sid: string,
  bucketArns: readonly string[],
  deployers: readonly string[],
): PolicyStatement {
  return denied(sid, CHANGES, bucketArns, deployers);
}
