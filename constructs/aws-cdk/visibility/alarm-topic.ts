import { Resource, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** The services that publish alarms. */
const PUBLISHERS = ['cloudwatch.amazonaws.com', 'events.amazonaws.com'];

export interface AlarmTopicProps {
  /** @default a key of the topic's own, which rotates every year */
  readonly encryptionKey?: IKey;
}

/** Where alarms go: encrypted, only over TLS, and only alarms and events of this account may publish. */
export class AlarmTopic extends Resource {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { encryptionKey }: AlarmTopicProps = {}) {
    super(scope, id);
    const key =
      encryptionKey ?? new Key(this, 'Key', { description: 'Security alarms', enableKeyRotation: true });
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const topic = new Topic(this, 'Topic', {
      displayName: 'Security alarms',
      masterKey: key,
      enforceSSL: true,
    });
    for (const service of PUBLISHERS) {
      const principals = [new ServicePrincipal(service, { conditions })];
      key.addToResourcePolicy(
        new PolicyStatement({
          effect: Effect.ALLOW,
          principals,
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          // Of a key policy this is the key itself.
          resources: ['*'],
        }),
      );
      topic.addToResourcePolicy(
        new PolicyStatement({
          effect: Effect.ALLOW,
          principals,
          actions: ['sns:Publish'],
          resources: [topic.topicArn],
        }),
      );
    }
    this.topic = topic;
  }
}
