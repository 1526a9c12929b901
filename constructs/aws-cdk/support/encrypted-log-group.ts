import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** How long logs of decisions are kept, and by which key they are encrypted. */
export interface LogProps {
  /** @default RetentionDays.ONE_YEAR */
  readonly retention?: RetentionDays;
  /**
   * Encrypts the logs. CloudWatch Logs is granted its use; of an imported key the owner must grant it to
   * `logs.<region>.amazonaws.com`.
   * @default a key of the construct's own, which rotates every year
   */
  readonly encryptionKey?: IKey;
}

/** A key that CloudWatch Logs of this account and region may use, rotated every year, kept when the stack goes. */
export function logKey(scope: Construct, id: string): Key {
  return new Key(scope, id, {
    description: `Logs of ${scope.node.path}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/**
 * Let CloudWatch Logs use the key, for log groups of this account and region only. The name of a group is
 * often given by CloudFormation and so is not in the condition (AWS documents this very condition: "Encrypt
 * log data in CloudWatch Logs using AWS KMS").
 */
export function grantToLogs(scope: Construct, key: IKey): void {
  const stack = Stack.of(scope);
  const groups = stack.formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  key.grantEncryptDecrypt(
    new ServicePrincipal(`logs.${stack.region}.amazonaws.com`, {
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
    }),
  );
}

/** A log group with retention and encryption, kept when the stack goes: what happened stays readable. */
export function encryptedLogGroup(
  scope: Construct,
  id: string,
  props: LogProps & { readonly encryptionKey: IKey; readonly name?: string },
): ILogGroup {
  return new LogGroup(scope, id, {
    ...(props.name !== undefined && { logGroupName: props.name }),
    encryptionKey: props.encryptionKey,
    retention: props.retention ?? RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
