import { Lazy } from 'aws-cdk-lib';
import type { CfnQueue, CfnQueuePolicy, Queue, QueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { keepAlone } from '../support/beside.js';
import { checkKey, denyOthers, denyWithoutTls, grant, grantKey, type Protection } from './domain-context.js';

const READ = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'];
const WRITE = ['sqs:SendMessage'];
const ALWAYS = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];

/** A queue: the domain's key, TLS, messages for the workloads alone. */
export function protectQueue(queue: Queue, protection: Protection, roles: () => string[]): void {
  const { key, options, isFirst } = protection;
  const { access = 'readWrite' } = options;
  if (isFirst) {
    const resource = queue.node.defaultChild as CfnQueue;
    const own = queue.encryptionMasterKey;
    if (own !== undefined) checkKey(queue, own.keyArn, protection, 'encryptionMasterKey');
    resource.kmsMasterKeyId = key.keyArn;
    resource.sqsManagedSseEnabled = false;
    queue.addToResourcePolicy(denyWithoutTls([queue.queueArn], 'sqs:*'));
    queue.addToResourcePolicy(
      denyOthers([...READ, ...WRITE], [queue.queueArn], Lazy.list({ produce: roles })),
    );
    keepQueue(queue);
  }
  const actions = [...(access === 'write' ? [] : READ), ...(access === 'read' ? [] : WRITE), ...ALWAYS];
  grant(protection, actions, [queue.queueArn]);
  grantKey(protection, 'sqs');
}

/** It refuses what does not come by TLS, so it is there since the queue is protected. */
export function queuePolicy(queue: Queue): CfnQueuePolicy {
  return (queue.node.findChild('Policy') as QueuePolicy).node.defaultChild as CfnQueuePolicy;
}

function keepQueue(queue: Queue): void {
  const resource = queue.node.defaultChild as CfnQueue;
  const policy = queuePolicy(queue);
  const { document } = queue.node.findChild('Policy') as QueuePolicy;
  keepAsMade(
    queue,
    asMade(resource, { KmsMasterKeyId: resource.kmsMasterKeyId, SqsManagedSseEnabled: false }),
    asMade(policy, { Queues: [queue.queueUrl], PolicyDocument: Lazy.any({ produce: () => document }) }),
  );
  keepAlone({
    construct: queue,
    values: [queue.queueArn, queue.queueUrl, queue.queueName],
    what: 'a queue',
    // A queue has one policy: of two the one that is deployed last is in force.
    types: [
      { type: 'AWS::SQS::QueuePolicy', property: 'Queues', own: [policy] },
      { type: 'AWS::SQS::QueueInlinePolicy', property: 'Queue' },
    ],
    calls: { services: ['sqs'], changing: /^(setqueueattributes|addpermission|removepermission)$/ },
  });
}
