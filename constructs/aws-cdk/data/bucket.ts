import { Lazy } from 'aws-cdk-lib';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { asMade, keepAsMade } from '../support/as-made.js';
import { keepBucket } from '../support/kept-bucket.js';
import {
  checkKey,
  dataError,
  denyOthers,
  denyWithoutTls,
  everybody,
  grant,
  grantKey,
  type Protection,
} from './domain-context.js';

const READ = ['s3:GetObject', 's3:GetObjectVersion'];
const WRITE = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'];

/** A bucket: the domain's key, nothing public, TLS 1.2 at least, objects for the workloads alone. */
export function protectBucket(bucket: Bucket, protection: Protection, roles: () => string[]): void {
  const { key, options, isFirst } = protection;
  const { access = 'readWrite' } = options;
  const objects = bucket.arnForObjects('*');
  if (isFirst) {
    const resource = bucket.node.defaultChild as CfnBucket;
    if (resource.websiteConfiguration !== undefined) {
      throw dataError(
        bucket,
        'data-public',
        'a website is for everybody, and a domain of data for its workloads',
        'Leave the website out, or keep what it shows in a bucket that is not of a domain.',
        { prop: 'websiteIndexDocument' },
      );
    }
    if (resource.replicationConfiguration !== undefined) {
      throw dataError(
        bucket,
        'data-copied',
        'objects are copied to where nobody protects them',
        'Leave the replication out.',
        { prop: 'replicationRules' },
      );
    }
    if (bucket.encryptionKey !== undefined)
      checkKey(bucket, bucket.encryptionKey.keyArn, protection, 'encryptionKey');
    resource.bucketEncryption = {
      serverSideEncryptionConfiguration: [
        {
          bucketKeyEnabled: true,
          serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: key.keyArn },
        },
      ],
    };
    resource.publicAccessBlockConfiguration = {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    };
    resource.ownershipControls = { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] };
    const both = [bucket.bucketArn, objects];
    bucket.addToResourcePolicy(denyWithoutTls(both, 's3:*'));
    bucket.addToResourcePolicy(
      everybody('ModernTls', 's3:*', both, { NumericLessThan: { 's3:TlsVersion': '1.2' } }),
    );
    bucket.addToResourcePolicy(
      denyOthers([...READ, 's3:PutObject', 's3:DeleteObject'], [objects], Lazy.list({ produce: roles })),
    );
    // A writer that names another key, or another kind of encryption, would put it beside the domain. What is not
    // named is the bucket's own, so only what is there is looked at.
    const named = 's3:x-amz-server-side-encryption';
    for (const [sid, header, value] of [
      ['DomainKeyOnly', `${named}-aws-kms-key-id`, key.keyArn],
      ['KmsOnly', named, 'aws:kms'],
    ] as const) {
      bucket.addToResourcePolicy(
        everybody(sid, 's3:PutObject', [objects], {
          Null: { [header]: 'false' },
          StringNotEquals: { [header]: value },
        }),
      );
    }
    keepBucket(bucket);
    keepAsMade(
      bucket,
      asMade(resource, {
        'BucketEncryption.ServerSideEncryptionConfiguration': [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key.keyArn },
          },
        ],
        ReplicationConfiguration: undefined,
        WebsiteConfiguration: undefined,
      }),
    );
  }
  const actions = [...(access === 'write' ? [] : READ), ...(access === 'read' ? [] : WRITE)];
  grant(protection, actions, [objects]);
  if (access !== 'write') grant(protection, ['s3:ListBucket'], [bucket.bucketArn]);
  grantKey(protection, 's3');
}
