import { isRecord, resourcesOf } from '../template.js';
import type { Law } from './law.js';

type Properties = Readonly<Record<string, unknown>>;

/** Where each kind of store says by which key it is encrypted. */
const ENCRYPTION: Readonly<Record<string, (properties: Properties) => boolean>> = {
  'AWS::S3::Bucket': ({ BucketEncryption }) => BucketEncryption !== undefined,
  'AWS::DynamoDB::Table': ({ SSESpecification }) =>
    isRecord(SSESpecification) && SSESpecification['SSEEnabled'] === true,
  'AWS::DynamoDB::GlobalTable': ({ SSESpecification }) =>
    isRecord(SSESpecification) && SSESpecification['SSEEnabled'] === true,
  'AWS::Logs::LogGroup': ({ KmsKeyId }) => KmsKeyId !== undefined,
  'AWS::SQS::Queue': ({ KmsMasterKeyId, SqsManagedSseEnabled }) =>
    KmsMasterKeyId !== undefined || SqsManagedSseEnabled === true,
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId !== undefined,
  'AWS::SecretsManager::Secret': ({ KmsKeyId }) => KmsKeyId !== undefined,
  'AWS::CloudTrail::Trail': ({ KMSKeyId }) => KMSKeyId !== undefined,
  'AWS::ECR::Repository': ({ EncryptionConfiguration }) => EncryptionConfiguration !== undefined,
  'AWS::EFS::FileSystem': ({ Encrypted }) => Encrypted === true,
  // One of a cluster has the storage of that.
  'AWS::RDS::DBInstance': ({ StorageEncrypted, DBClusterIdentifier }) =>
    StorageEncrypted === true || DBClusterIdentifier !== undefined,
  'AWS::RDS::DBCluster': ({ StorageEncrypted }) => StorageEncrypted === true,
  'AWS::KinesisFirehose::DeliveryStream': (properties) =>
    properties['DeliveryStreamEncryptionConfigurationInput'] !== undefined,
};

export const everyStoreIsEncrypted: Law = {
  name: 'every store is encrypted by a key that the template names',
  broken: (templates) =>
    resourcesOf(templates, ...Object.keys(ENCRYPTION))
      .filter(({ resource, properties }) => !ENCRYPTION[resource.Type]!(properties))
      .map(({ at }) => `${at} is not encrypted`),
};

export const everyKeyRotates: Law = {
  name: 'every symmetric key rotates',
  broken: (templates) =>
    resourcesOf(templates, 'AWS::KMS::Key')
      .filter(({ properties }) => (properties['KeySpec'] ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT')
      .filter(({ properties }) => properties['EnableKeyRotation'] !== true)
      .map(({ at }) => `${at} never rotates`),
};

export const everyBucketIsClosed: Law = {
  name: 'every bucket blocks public access and refuses what is not TLS',
  broken: (templates) => {
    const refusing = new Set(
      resourcesOf(templates, 'AWS::S3::BucketPolicy')
        .filter(({ properties }) => JSON.stringify(properties).includes('"aws:SecureTransport":"false"'))
        .map(({ properties }) => JSON.stringify(properties['Bucket'])),
    );
    return templates.flatMap((template) =>
      Object.entries(template.resources)
        .filter(([, { Type }]) => Type === 'AWS::S3::Bucket')
        .flatMap(([id, { Properties = {} }]) => {
          const block = Properties['PublicAccessBlockConfiguration'];
          const blocks =
            isRecord(block) && Object.values(block).filter((value) => value === true).length === 4;
          return [
            ...(blocks ? [] : [`${template.name}/${id} (AWS::S3::Bucket) does not block public access`]),
            ...(refusing.has(JSON.stringify({ Ref: id }))
              ? []
              : [`${template.name}/${id} (AWS::S3::Bucket) accepts plain HTTP`]),
          ];
        }),
    );
  },
};

/** What a function logs without a group of its own is kept for ever and encrypted by no key of the account. */
export const everyLogIsKeptOnPurpose: Law = {
  name: 'every log group has a retention, and every function and container a group',
  broken: (templates) => [
    ...resourcesOf(templates, 'AWS::Logs::LogGroup')
      .filter(({ properties }) => properties['RetentionInDays'] === undefined)
      .map(({ at }) => `${at} keeps everything for ever`),
    ...resourcesOf(templates, 'AWS::Lambda::Function')
      .filter(
        ({ properties }) =>
          !isRecord(properties['LoggingConfig']) || !properties['LoggingConfig']['LogGroup'],
      )
      .map(({ at }) => `${at} logs into a group that Lambda makes`),
  ],
};
