import { ArnFormat, type Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { identityRecords } from '../../../lib/authority/identity-record.js';
import { bucketProtection } from '../support/bucket-protection.js';
import { denied, functionProtection } from '../support/function-protection.js';

/** What the protection is about. */
export interface Protected {
  readonly stack: Stack;
  readonly platform: string;
  /** ARNs of the authority's functions, of their roles, and of its keys. */
  readonly functions: readonly string[];
  readonly roles: readonly string[];
  readonly keys: readonly string[];
  /** ARNs of authorities of AWS Private CA. */
  readonly privateCas: readonly string[];
  /** ARN of the bucket with trust bundle and records. */
  readonly bucket: string;
}

/**
 * Statements for a service control policy, or for the permissions boundary of everyone in the account:
 * what would make somebody the authority is denied to all but the deployers. Functions and roles have no
 * policy of their own that could deny it.
 *
 * @param deployers ARNs of roles that deploy, with `*` for what varies
 */
export function protectionStatements(target: Protected, deployers: readonly string[]): PolicyStatement[] {
  const { stack, platform, functions, roles, keys, privateCas, bucket } = target;
  const records = stack.formatArn({
    service: 'ssm',
    resource: 'parameter',
    resourceName: `${identityRecords(platform).slice(1)}/*`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  const deny = (sid: string, actions: readonly string[], resources: readonly string[]) =>
    denied(sid, actions, resources, deployers);
  const found = [
    ...functionProtection('Authority', { functions, roles }, deployers),
    deny(
      'IdentityRecords',
      ['ssm:PutParameter', 'ssm:DeleteParameter', 'ssm:DeleteParameters', 'ssm:LabelParameterVersion'],
      [records],
    ),
    bucketProtection('AuthorityBucket', [bucket], deployers),
  ];
  if (keys.length > 0) {
    const changes = ['kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:DisableKey', 'kms:ScheduleKeyDeletion'];
    found.push(deny('AuthorityKeys', changes, keys));
  }
  if (privateCas.length > 0) {
    // The functions' roles are exempt by the deployers' list only if they are named there: they issue.
    found.push(
      new PolicyStatement({
        sid: 'AuthorityIssues',
        effect: Effect.DENY,
        actions: ['acm-pca:IssueCertificate', 'acm-pca:DeleteCertificateAuthority', 'acm-pca:PutPolicy'],
        resources: [...privateCas],
        conditions: { ArnNotLike: { 'aws:PrincipalArn': [...deployers, ...roles] } },
      }),
    );
  }
  return found;
}
