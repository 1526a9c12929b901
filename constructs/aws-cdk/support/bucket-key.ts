import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BucketEncryption, type BucketProps } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** A key of the user's own for what tasks and functions of several stacks read. */
export interface BucketKeyProps {
  /**
   * Encrypts the buckets of the construct. The key's policy is told to let everybody of this account use it through S3,
   * where the right to an object decides, as the policy of `aws/s3` does; of an imported key its owner must say the same. A key that is
   * disabled stops every task from starting.
   * @default S3's own encryption
   */
  readonly bucketEncryptionKey?: IKey;
}

/** How such a bucket is encrypted. Readers, those of other apps too, need no right of their own to the key. */
export function bucketEncryption(
  scope: Construct,
  { bucketEncryptionKey: encryptionKey }: BucketKeyProps,
): Pick<BucketProps, 'encryption' | 'encryptionKey' | 'bucketKeyEnabled'> {
  if (!encryptionKey) return { encryption: BucketEncryption.S3_MANAGED };
  const { account, region, urlSuffix } = Stack.of(scope);
  // "Allow access through S3 for all principals in the account that are authorized to use S3": the policy of `aws/s3`.
  encryptionKey.addToResourcePolicy(
    new PolicyStatement({
      principals: [new AnyPrincipal()],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
      conditions: {
        StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `s3.${region}.${urlSuffix}` },
      },
    }),
  );
  return { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true };
}
