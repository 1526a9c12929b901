import { Lazy } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
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
/** Whatever shows, changes or copies objects and their versions: each has several actions, such as of replication. */
const OBJECTS = [
  's3:GetObject*',
  's3:PutObject*',
  's3:DeleteObject*',
  's3:AbortMultipartUpload',
  's3:InitiateReplication',
  's3:ReplicateDelete',
  's3:ReplicateObject',
  's3:RestoreObject',
];

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
    if (bucket.node.tryFindChild('AutoDeleteObjectsCustomResource') !== undefined) {
      throw dataError(
        bucket,
        'data-auto-delete',
        'its policy keeps the function that deletes objects from them, so the stack could not be deleted',
        'Leave autoDeleteObjects out; a bucket that is to go is emptied by a workload.',
        { prop: 'autoDeleteObjects' },
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
    for (const statement of refusals(bucket, key, roles)) bucket.addToResourcePolicy(statement);
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

/** What the policy of the bucket refuses to everybody. */
function refusals(bucket: Bucket, key: IKey, roles: () => string[]): PolicyStatement[] {
  const objects = bucket.arnForObjects('*');
  const both = [bucket.bucketArn, objects];
  const header = 's3:x-amz-server-side-encryption';
  const keyHeader = `${header}-aws-kms-key-id`;
  const put = (sid: string, conditions: Parameters<typeof everybody>[3]) =>
    everybody(sid, 's3:PutObject', [objects], conditions);
  return [
    denyWithoutTls(both, 's3:*'),
    everybody('ModernTls', 's3:*', both, { NumericLessThan: { 's3:TlsVersion': '1.2' } }),
    denyOthers(OBJECTS, [objects], Lazy.list({ produce: roles })),
    // A writer that names another key, or another kind of encryption, would put it beside the domain. Who names nothing
    // gets what the bucket says: so only what is there is looked at.
    put('DomainKeyOnly', { Null: { [keyHeader]: 'false' }, StringNotEquals: { [keyHeader]: key.keyArn } }),
    put('KmsOnly', { Null: { [header]: 'false' }, StringNotEquals: { [header]: 'aws:kms' } }),
    // With the kind alone S3 takes its own key (`aws/s3`), not that of the bucket ("PutObject", Amazon S3 API Reference).
    put('KeyWithKms', { Null: { [header]: 'false', [keyHeader]: 'true' } }),
    put('NoKeyOfClients', { Null: { [`${header}-customer-algorithm`]: 'false' } }),
  ];
}
