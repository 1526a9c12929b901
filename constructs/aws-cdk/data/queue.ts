import { Lazy } from 'aws-cdk-lib';
import type { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
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
  }
  const actions = [...(access === 'write' ? [] : READ), ...(access === 'read' ? [] : WRITE), ...ALWAYS];
  grant(protection, actions, [queue.queueArn]);
  grantKey(protection, 'sqs');
}
