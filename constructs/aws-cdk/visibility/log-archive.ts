import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnFlowLog, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { FilterPattern, type ILogGroup, type RetentionDays, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import type { Bucket, CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { bucketProtection } from '../support/bucket-protection.js';
import { encryptedLogGroup, grantToLogs } from '../support/encrypted-log-group.js';
import { denied, roleProtection } from '../support/function-protection.js';
import { keepBucket } from '../support/kept-bucket.js';
import { type ArchiveLock, archiveBucket, checkArchiveBucket, closeArchive } from './archive-bucket.js';
import { ArchiveStream } from './archive-stream.js';

/** What comes from log groups. Each kind lies below a prefix of its name, by day. */
export type ArchivedLog = 'decisions' | 'firewall' | 'access';

export interface LogArchiveProps {
  /**
   * A bucket of yours. It needs `objectLockDefaultRetention` and an `encryptionKey`; statements are added to the
   * policies of both.
   * @default a bucket of the archive's own
   */
  readonly bucket?: Bucket;
  /** How long nobody deletes a log; of a bucket of yours it is the bucket's own. @default a year, by governance */
  readonly lock?: ArchiveLock;
  /**
   * Encrypts the logs; of a bucket of yours it is the bucket's own.
   * @default a key of the archive's own, which rotates every year
   */
  readonly encryptionKey?: IKey;
  /** Where accesses to the archive are logged. S3 takes no locked bucket for that. @default not logged */
  readonly accessLogBucket?: IBucket;
  /** How long errors of deliveries are kept. @default RetentionDays.ONE_YEAR */
  readonly retention?: RetentionDays;
  /** What the alarms do that tell of lines which do not arrive. @default nothing: they are there to be seen */
  readonly alarmActions?: readonly IAlarmAction[];
}

/** A service of AWS that writes into an archive as itself. */
export interface Delivery {
  /** With what the names of its objects begin, such as `trail/AWSLogs/111122223333/`. */
  readonly prefix: string;
  /** Begins the names of its statements. */
  readonly sid: string;
  readonly service: ServicePrincipal;
  /** For whom it may: without them, for other accounts too. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What is recorded of a network. */
export type RecordedTraffic = 'all' | 'rejected';

/**
 * One locked bucket for what happened: decisions and firewall by subscription filters and Amazon Data Firehose,
 * flow logs and CloudTrail as AWS delivers them. Object Lock keeps each object for its time, only deliveries write,
 * and nobody goes round the lock.
 *
 * Throws `ConstructError`.
 */
export class LogArchive extends Resource {
  readonly bucket: Bucket;
  readonly encryptionKey: IKey;
  private readonly props: LogArchiveProps;
  private readonly streams = new Map<ArchivedLog, ArchiveStream>();
  private readonly deliveries = new Set<string>();
  private errors?: ILogGroup;

  constructor(scope: Construct, id: string, props: LogArchiveProps = {}) {
    super(scope, id);
    this.props = props;
    if (props.bucket) checkArchiveBucket(this, props.bucket);
    this.bucket = props.bucket ?? archiveBucket(this, props);
    this.encryptionKey = this.bucket.encryptionKey!;
    closeArchive(this.bucket, () => [...this.streams.values()].map(({ writer }) => writer.roleArn));
    keepBucket(this.bucket);
    const resource = this.bucket.node.defaultChild as CfnBucket;
    keepAsMade(
      this,
      asMade(resource, {
        ObjectLockEnabled: resource.objectLockEnabled,
        ObjectLockConfiguration: resource.objectLockConfiguration,
      }),
    );
  }

  /**
   * Everything that a log group takes from now on lies in the archive as well; of `decisions` the lines of the decision
   * log alone. The filter is made in `scope`, by default the archive: the group's own, if it stands in another stack.
   */
  collect(id: string, logGroup: ILogGroup, kind: ArchivedLog, scope: Construct = this): void {
    new SubscriptionFilter(scope, id, {
      logGroup,
      destination: this.stream(kind).destination,
      filterPattern: kind === 'decisions' ? DECISIONS : FilterPattern.allEvents(),
    });
  }

  /** What flows in a network, below `flows/`, as Parquet by day. Whatever else records it goes on. */
  recordFlows(id: string, vpc: IVpc, traffic: RecordedTraffic = 'all', scope: Construct = this): void {
    this.allowDelivery({
      // Of partitions by Hive's names the account is one ("Publish flow logs to Amazon S3").
      prefix: `flows/AWSLogs/aws-account-id=${Stack.of(this).account}/`,
      sid: 'FlowLogs',
      service: new ServicePrincipal('delivery.logs.amazonaws.com'),
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
        ArnLike: { 'aws:SourceArn': this.arn('logs', '*') },
      },
    });
    const flows = new CfnFlowLog(scope, id, {
      resourceId: vpc.vpcId,
      resourceType: 'VPC',
      trafficType: traffic === 'all' ? 'ALL' : 'REJECT',
      logDestinationType: 's3',
      logDestination: this.bucket.arnForObjects('flows'),
      destinationOptions: { FileFormat: 'parquet', HiveCompatiblePartitions: true, PerHourPartition: false },
    });
    flows.node.addDependency(this.bucket.policy!);
  }

  /** Let a service of AWS deliver below a prefix, for what the conditions say. */
  allowDelivery({ prefix, sid, service, conditions }: Delivery): void {
    if (this.deliveries.has(sid)) return;
    this.deliveries.add(sid);
    const statement = (of: string, actions: string[], resource: string) =>
      new PolicyStatement({
        sid: `${sid}${of}`,
        principals: [service],
        actions,
        resources: [resource],
        conditions,
      });
    const { bucket } = this;
    bucket.addToResourcePolicy(statement('Look', ['s3:GetBucketAcl'], bucket.bucketArn));
    bucket.addToResourcePolicy(statement('Deliver', ['s3:PutObject'], bucket.arnForObjects(`${prefix}*`)));
    // Of a key policy `*` is the key itself.
    const use = ['kms:GenerateDataKey*', 'kms:Decrypt', 'kms:DescribeKey'];
    this.encryptionKey.addToResourcePolicy(statement('Encrypt', use, '*'));
  }

  /** Let somebody read what is in the archive, such as who investigates. */
  grantRead(grantee: IGrantable): Grant {
    const read = Grant.addToPrincipal({
      grantee,
      actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:GetBucketLocation', 's3:ListBucket'],
      resourceArns: [this.bucket.bucketArn, this.bucket.arnForObjects('*')],
    });
    return read.combine(this.encryptionKey.grantDecrypt(grantee));
  }

  /**
   * Statements for a service control policy or a permissions boundary: bucket, lock, key, streams and their roles stay as
   * the deployers made them.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    const { bucketArn } = this.bucket;
    const streams = [...this.streams.values()];
    const roles = streams.flatMap(({ writer, sender }) => [writer.roleArn, sender.roleArn]);
    return [
      bucketProtection('LogArchive', [bucketArn], deployers),
      denied('LogArchiveLock', LOCK, [bucketArn, this.bucket.arnForObjects('*')], deployers),
      denied('LogArchiveKey', KEY, [this.encryptionKey.keyArn], deployers),
      ...(streams.length > 0
        ? [
            denied(
              'LogArchiveStreams',
              STREAM,
              streams.map(({ stream }) => stream.attrArn),
              deployers,
            ),
            roleProtection('LogArchiveRoles', roles, deployers),
          ]
        : []),
    ];
  }

  /** Names of the streams that there are. */
  get streamNames(): readonly string[] {
    return [...this.streams.values()].map(({ stream }) => stream.ref);
  }

  private stream(kind: ArchivedLog): ArchiveStream {
    const known = this.streams.get(kind);
    if (known) return known;
    const made = new ArchiveStream(this, kind, {
      bucket: this.bucket,
      encryptionKey: this.encryptionKey,
      prefix: kind,
      errors: this.errorLog(),
      alarmActions: this.props.alarmActions ?? [],
    });
    this.streams.set(kind, made);
    return made;
  }

  private errorLog(): ILogGroup {
    if (this.errors) return this.errors;
    const { encryptionKey } = this;
    const { retention } = this.props;
    grantToLogs(this, encryptionKey);
    this.errors = encryptedLogGroup(this, 'Errors', {
      encryptionKey,
      ...(retention !== undefined && { retention }),
    });
    return this.errors;
  }

  private arn(service: string, resource: string): string {
    return Stack.of(this).formatArn({ service, resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  }
}

/** Agents and Envoys write other lines into the same groups. */
const DECISIONS = FilterPattern.all(FilterPattern.exists('$.decision'), FilterPattern.exists('$.point'));

const LOCK = ['s3:PutBucketObjectLockConfiguration', 's3:BypassGovernanceRetention', 's3:PutObjectRetention'];
const KEY = ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:PutKeyPolicy'];
const STREAM = ['firehose:DeleteDeliveryStream', 'firehose:UpdateDestination'];
