import { Lazy } from 'aws-cdk-lib';
import type { Rule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { ruleOfCalls } from '../support/management-events.js';
import type { AuditTrail } from './audit-trail.js';
import type { LogArchive } from './log-archive.js';

/** Calls that change a bucket's policy, lock or life; by the names that CloudTrail has for them. */
const BUCKET = [
  'DeleteBucketPolicy',
  'PutBucketPolicy',
  'PutBucketVersioning',
  'PutBucketObjectLockConfiguration',
  'PutBucketLifecycle',
  'DeleteBucketLifecycle',
  'PutBucketEncryption',
  'DeleteBucket',
];
const TRAIL = ['StopLogging', 'DeleteTrail', 'UpdateTrail'];
/** They name the trail otherwise (CloudTrail, "PutEventSelectors"). */
const SELECTORS = ['PutEventSelectors', 'PutInsightSelectors'];
const STREAM = ['DeleteDeliveryStream', 'UpdateDestination'];
const KEY = ['DisableKey', 'ScheduleKeyDeletion', 'PutKeyPolicy'];
/** Of any log group: a filter that is gone, or that another takes the place of, ends what it sent, and nothing else tells. */
const GROUP = ['PutSubscriptionFilter', 'DeleteSubscriptionFilter', 'DeleteLogGroup'];
/** Of any network, and of any list of AWS WAF, for the same reason. */
const FLOWS = ['DeleteFlowLogs'];
const FIREWALL = ['PutLoggingConfiguration', 'DeleteLoggingConfiguration'];

/** The moment CloudTrail tells of a call that would keep something out of the record, or take it away. */
export function ruleOfEvidence(
  scope: Construct,
  id: string,
  { archive, trail }: { readonly archive: LogArchive; readonly trail?: AuditTrail },
): Rule {
  const { bucket, encryptionKey } = archive;
  const calls = (service: string, eventName: readonly string[], more: object = {}) => ({
    eventSource: [`${service}.amazonaws.com`],
    eventName,
    ...more,
  });
  const about = (requestParameters: object) => ({ requestParameters });
  // When everything has been declared: what is collected later has a stream too.
  const produce = () => [
    calls('s3', BUCKET, about({ bucketName: [bucket.bucketName] })),
    calls('kms', KEY, { resources: { ARN: [encryptionKey.keyArn] } }),
    ...(trail
      ? [
          calls('cloudtrail', TRAIL, about({ name: [trail.trailName, trail.trailArn] })),
          calls('cloudtrail', SELECTORS, about({ trailName: [trail.trailName, trail.trailArn] })),
        ]
      : []),
    ...(archive.streamNames.length > 0
      ? [calls('firehose', STREAM, about({ deliveryStreamName: archive.streamNames }))]
      : []),
    calls('logs', GROUP),
    calls('ec2', FLOWS),
    calls('wafv2', FIREWALL),
  ];
  return ruleOfCalls(scope, id, {
    description: 'Logs are kept out of the archive, or its lock or its trail is changed',
    eventPattern: {
      detailType: ['AWS API Call via CloudTrail'],
      detail: { $or: Lazy.any({ produce }) },
    },
  });
}
