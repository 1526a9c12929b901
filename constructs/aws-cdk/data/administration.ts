import { isActionIn } from './statements.js';

/**
 * What may be done with a store without seeing, writing, copying or opening what it keeps: a function of the CDK's own sets the
 * notifications of a bucket, another switches a database off at night. Whatever is not here counts as a right to the data.
 */
const ADMINISTRATION = [
  's3:GetBucket*',
  's3:PutBucketNotification',
  's3:PutBucketTagging',
  's3:GetEncryptionConfiguration',
  's3:GetLifecycleConfiguration',
  's3:GetMetricsConfiguration',
  's3:PutMetricsConfiguration',
  's3:ListTagsForResource',
  's3:TagResource',
  's3:UntagResource',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ListDeadLetterSourceQueues',
  'sqs:ListQueueTags',
  'sqs:TagQueue',
  'sqs:UntagQueue',
  'dynamodb:Describe*',
  'dynamodb:GetResourcePolicy',
  'dynamodb:ListTagsOfResource',
  'dynamodb:TagResource',
  'dynamodb:UntagResource',
  'rds:Describe*',
  'rds:ListTagsForResource',
  'rds:AddTagsToResource',
  'rds:RemoveTagsFromResource',
  'rds:RebootDB*',
  'rds:StartDBCluster',
  'rds:StartDBInstance',
  'rds:StopDBCluster',
  'rds:StopDBInstance',
  'elasticache:Describe*',
  'elasticache:ListTagsForResource',
  'elasticache:AddTagsToResource',
  'elasticache:RemoveTagsFromResource',
];

/** Whether an action of a policy is that alone, whatever its own wildcards stand for. */
export function isAdministration(action: unknown): boolean {
  return typeof action === 'string' && ADMINISTRATION.some((known) => isActionIn(known, action));
}
