import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { type IRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnLogStream, type ILogGroup, type ILogSubscriptionDestination } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';

export interface ArchiveStreamProps {
  readonly bucket: IBucket;
  readonly encryptionKey: IKey;
  /** Below which objects lie, as `<prefix>/day=2026-11-29/…`. */
  readonly prefix: string;
  /** Where errors of the delivery are logged. */
  readonly errors: ILogGroup;
  readonly alarmActions: readonly IAlarmAction[];
}

/** Seconds that lines wait for others, and MiB of them: whichever is reached first makes an object. */
const BUFFER = { intervalInSeconds: 300, sizeInMBs: 64 };
/** Seconds that the oldest line may wait. */
const LATE = 3600;

/** From log groups into the bucket, by a stream of Amazon Data Firehose: a line stays a line. */
export class ArchiveStream extends Construct {
  readonly stream: CfnDeliveryStream;
  /** Writes into the bucket. */
  readonly writer: Role;
  /** By this CloudWatch Logs puts lines into the stream. */
  readonly sender: Role;

  constructor(scope: Construct, id: string, props: ArchiveStreamProps) {
    super(scope, id);
    this.writer = this.makeWriter(props);
    this.stream = this.makeStream(props);
    const logs = Stack.of(this).formatArn({
      service: 'logs',
      resource: '*',
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    });
    this.sender = new Role(this, 'Sender', {
      description: `CloudWatch Logs into ${props.prefix}/ of the archive`,
      // "Subscription filters with Amazon Data Firehose", CloudWatch Logs user guide.
      assumedBy: new ServicePrincipal('logs.amazonaws.com', {
        conditions: { StringLike: { 'aws:SourceArn': logs } },
      }),
      // In the role itself: a filter is refused if the role may not put yet.
      inlinePolicies: {
        Put: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
              resources: [this.stream.attrArn],
            }),
          ],
        }),
      },
    });
    this.watch(props);
  }

  /** What a subscription filter sends to. */
  get destination(): ILogSubscriptionDestination {
    const role: IRole = this.sender;
    return { bind: () => ({ arn: this.stream.attrArn, role }) };
  }

  /** Seconds since the oldest line came that is not in the bucket yet. */
  metricWaiting(options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/Firehose',
      metricName: 'DeliveryToS3.DataFreshness',
      dimensionsMap: { DeliveryStreamName: this.stream.ref },
      statistic: 'Maximum',
      ...options,
    });
  }

  private makeWriter({ bucket, encryptionKey, prefix, errors }: ArchiveStreamProps): Role {
    const { account, region } = Stack.of(this);
    const statement = (actions: string[], resources: string[], conditions?: Record<string, unknown>) =>
      new PolicyStatement({ actions, resources, ...(conditions && { conditions }) });
    return new Role(this, 'Writer', {
      description: `Firehose into ${prefix}/ of the archive`,
      // "Grant Firehose access to an Amazon S3 destination": it comes with the account as the external id.
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'sts:ExternalId': account } },
      }),
      inlinePolicies: {
        Deliver: new PolicyDocument({
          statements: [
            statement(
              ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
              [bucket.bucketArn],
            ),
            // Reading is in AWS's own list of what it needs; the prefix is what it wrote itself.
            statement(
              ['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObject'],
              [bucket.arnForObjects(`${prefix}/*`)],
            ),
            statement(['kms:GenerateDataKey', 'kms:Decrypt'], [encryptionKey.keyArn], {
              StringEquals: { 'kms:ViaService': `s3.${region}.${Stack.of(this).urlSuffix}` },
            }),
            statement(['logs:PutLogEvents'], [errors.logGroupArn]),
          ],
        }),
      },
    });
  }

  private makeStream({ bucket, encryptionKey, prefix, errors }: ArchiveStreamProps): CfnDeliveryStream {
    const errorStream = new CfnLogStream(this, 'Errors', {
      logGroupName: errors.logGroupName,
      logStreamName: prefix,
    });
    const stream = new CfnDeliveryStream(this, 'Resource', {
      deliveryStreamType: 'DirectPut',
      // What waits is encrypted too, by a key that costs nothing: it waits for minutes.
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn: this.writer.roleArn,
        prefix: `${prefix}/day=!{timestamp:yyyy-MM-dd}/`,
        errorOutputPrefix: `${prefix}/failed/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/`,
        bufferingHints: BUFFER,
        compressionFormat: 'GZIP',
        encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: encryptionKey.keyArn } },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: errors.logGroupName,
          logStreamName: errorStream.ref,
        },
        // CloudWatch Logs sends batches in gzip; these make lines of them again, without a function of ours.
        processingConfiguration: {
          enabled: true,
          processors: [
            {
              type: 'Decompression',
              parameters: [{ parameterName: 'CompressionFormat', parameterValue: 'GZIP' }],
            },
            {
              type: 'CloudWatchLogProcessing',
              parameters: [{ parameterName: 'DataMessageExtraction', parameterValue: 'true' }],
            },
          ],
        },
      },
    });
    stream.node.addDependency(this.writer);
    keepAsMade(
      this,
      asMade(stream, {
        'ExtendedS3DestinationConfiguration.BucketARN': bucket.bucketArn,
        'ExtendedS3DestinationConfiguration.RoleARN': this.writer.roleArn,
      }),
    );
    return stream;
  }

  private watch({ prefix, alarmActions }: ArchiveStreamProps): void {
    const alarm = new Alarm(this, 'Late', {
      alarmDescription: `Lines of ${prefix} have not come into the archive for an hour`,
      metric: this.metricWaiting({ period: Duration.minutes(5) }),
      threshold: LATE,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    for (const action of alarmActions) alarm.addAlarmAction(action);
  }
}
