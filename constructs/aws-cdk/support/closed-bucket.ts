import { RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, type BucketProps, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';

/** What every bucket of a platform has: nothing of it is public or goes without TLS, and it stays, with every version. */
export const CLOSED = {
  versioned: true,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
} as const satisfies BucketProps;

/** Accesses to a bucket are logged in another, if there is one. */
export function accessLogs(bucket: IBucket | undefined, prefix: string): BucketProps {
  return bucket ? { serverAccessLogsBucket: bucket, serverAccessLogsPrefix: `${prefix}/` } : {};
}
