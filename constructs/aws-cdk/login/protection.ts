import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { denied, functionProtection } from '../support/function-protection.js';
import type { SessionSecrets } from './session-secrets.js';

/**
 * Statements for a service control policy, or for the permissions boundary of everyone in the account: what seals sessions of
 * browsers stays as the deployers made it. The rotation function has its own rights, so its role is one of them.
 *
 * @param deployers ARNs of roles that deploy, with `*` for what varies
 */
export function sessionProtection(
  { secrets, rotator }: SessionSecrets,
  deployers: readonly string[],
): PolicyStatement[] {
  return [
    denied(
      'SessionSecrets',
      [
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecret',
        'secretsmanager:UpdateSecretVersionStage',
        'secretsmanager:RotateSecret',
        'secretsmanager:PutResourcePolicy',
        'secretsmanager:DeleteSecret',
      ],
      Object.values(secrets).map(({ secretArn }) => secretArn),
      [...deployers, ...rotator.roles],
    ),
    ...functionProtection('SessionRotator', rotator, deployers),
  ];
}
