import { Names, Resource, Stack, Token } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { type PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { denied } from '../support/function-protection.js';
import type { LogArchive } from './log-archive.js';

export interface AuditTrailProps {
  /** Where it is delivered, below `trail/`. */
  readonly archive: LogArchive;
  /**
   * Buckets of which each write and deletion of an object is recorded, such as that of revocations. Reads are not: server
   * access logs tell of them for what they weigh, and points read the revocations twice a minute.
   * @default management events alone, and deletions in the archive
   */
  readonly watchedBuckets?: readonly IBucket[];
  /** @default a name from the place of the trail in the app */
  readonly trailName?: string;
}

/** "Naming requirements for CloudTrail resources". */
const NAME = /^(?!.*[._-]{2})[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$/;

/**
 * Who changed what, in every region of the account: all management events, those that only read and those of KMS
 * included, and writes to the buckets that decide what is enforced. With digests by which a change of the record
 * shows, encrypted, in a locked archive.
 *
 * Throws `ConstructError`.
 */
export class AuditTrail extends Resource {
  readonly trailName: string;
  readonly trailArn: string;
  readonly archive: LogArchive;

  constructor(scope: Construct, id: string, props: AuditTrailProps) {
    super(scope, id);
    const { archive, watchedBuckets = [] } = props;
    this.archive = archive;
    // Known beforehand: the policies of bucket and key name it, and must be there before it is.
    this.trailName = props.trailName ?? Names.uniqueResourceName(this, { maxLength: 100, separator: '-' });
    this.check(watchedBuckets);
    this.trailArn = Stack.of(this).formatArn({
      service: 'cloudtrail',
      resource: 'trail',
      resourceName: this.trailName,
    });
    archive.allowDelivery({
      prefix: `trail/AWSLogs/${Stack.of(this).account}/`,
      sid: 'Trail',
      service: new ServicePrincipal('cloudtrail.amazonaws.com'),
      conditions: { StringEquals: { 'aws:SourceArn': this.trailArn } },
    });
    const trail = new CfnTrail(this, 'Resource', {
      trailName: this.trailName,
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      s3BucketName: archive.bucket.bucketName,
      s3KeyPrefix: 'trail',
      kmsKeyId: archive.encryptionKey.keyArn,
      advancedEventSelectors: selectors(archive, watchedBuckets),
    });
    trail.node.addDependency(archive.bucket.policy!);
    keepAsMade(
      this,
      asMade(trail, {
        IsLogging: true,
        IsMultiRegionTrail: true,
        EnableLogFileValidation: true,
        S3BucketName: archive.bucket.bucketName,
        KMSKeyId: archive.encryptionKey.keyArn,
        AdvancedEventSelectors: selectors(archive, watchedBuckets).map(rendered),
        EventSelectors: undefined,
      }),
    );
  }

  /**
   * A statement for a service control policy or a permissions boundary: the deployers alone stop the trail or change what it
   * records.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    return [denied('AuditTrail', CHANGES, [this.trailArn], deployers)];
  }

  private check(watched: readonly IBucket[]): void {
    if (Token.isUnresolved(this.trailName) || !NAME.test(this.trailName)) {
      throw new ConstructError(this, {
        code: 'trail-name',
        message: 'CloudTrail takes no trail of this name',
        prop: 'trailName',
        found: JSON.stringify(this.trailName),
        expected: '3 to 128 letters, digits, dots, underscores and dashes, no two marks side by side',
        remedy: 'Write a literal name, or leave it out.',
      });
    }
    if (!watched.includes(this.archive.bucket)) return;
    throw new ConstructError(this, {
      code: 'trail-of-itself',
      message: 'each delivery would be recorded, and that record delivered',
      prop: 'watchedBuckets',
      found: this.archive.bucket.node.path,
      expected: 'other buckets than the archive',
      remedy: 'Leave the archive out: deletions in it are recorded all the same.',
    });
  }
}

const CHANGES = [
  'cloudtrail:StopLogging',
  'cloudtrail:DeleteTrail',
  'cloudtrail:UpdateTrail',
  'cloudtrail:PutEventSelectors',
];

/** As the L1 takes it, without tokens in place of its lists. */
interface Selector extends CfnTrail.AdvancedEventSelectorProperty {
  readonly fieldSelectors: CfnTrail.AdvancedFieldSelectorProperty[];
}

/** What ends or shortens the life of an object, or a version of one. */
const DELETIONS = ['DeleteObject', 'DeleteObjects', 'PutObjectRetention', 'PutObjectLegalHold'];

/** By the names that CloudFormation has. */
function rendered({ name, fieldSelectors }: Selector): object {
  const fields = fieldSelectors.map(({ equalTo, ...rest }) => ({ ...rest, equals: equalTo }));
  return { name, fieldSelectors: fields };
}

function selectors(archive: LogArchive, watched: readonly IBucket[]): Selector[] {
  const objects = (of: readonly IBucket[]) => [
    { field: 'eventCategory', equalTo: ['Data'] },
    { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
    { field: 'resources.ARN', startsWith: of.map(({ bucketArn }) => `${bucketArn}/`) },
  ];
  return [
    { name: 'Management', fieldSelectors: [{ field: 'eventCategory', equalTo: ['Management'] }] },
    {
      name: 'Deletions in the archive',
      fieldSelectors: [...objects([archive.bucket]), { field: 'eventName', equalTo: DELETIONS }],
    },
    ...(watched.length > 0
      ? [
          {
            name: 'Writes',
            fieldSelectors: [...objects(watched), { field: 'readOnly', equalTo: ['false'] }],
          },
        ]
      : []),
  ];
}
