import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ConstructError } from './error.js';

/** What Secrets Manager adds to a name in an ARN. */
const LIKE_COMPLETE = /-.{6}$/;

/**
 * Throws for a secret by a name that ends as a complete ARN does, such as `shop/desk-client`: Secrets Manager would take the
 * ARN that the CDK makes of the name for a complete one, and find no such secret (`Name` of CreateSecret and `SecretId` of
 * GetSecretValue, AWS Secrets Manager API Reference).
 */
export function checkSecretName(scope: Construct, prop: string, secret: ISecret): void {
  const { secretFullArn, secretName } = secret;
  if (secretFullArn !== undefined || Token.isUnresolved(secretName) || !LIKE_COMPLETE.test(secretName))
    return;
  throw new ConstructError(scope, {
    code: 'secret-name-like-arn',
    message:
      'the name ends in a hyphen and six characters, which Secrets Manager takes for the end of a complete ARN, so the secret would not be found',
    prop,
    found: JSON.stringify(secretName),
    expected: 'a secret of this app, or its complete ARN',
    remedy: 'Name it by Secret.fromSecretCompleteArn; `aws secretsmanager describe-secret` tells the ARN.',
  });
}
