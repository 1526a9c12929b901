import { Stack, Token, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { identityRecords } from '../../../lib/authority/identity-record.js';
import type { CertificateAuthority } from '../authority/index.js';

/** A finding of cdk-nag (AwsSolutions, NIST 800-53 r5) that is meant to be so, and why. */
type Acknowledged = Readonly<Record<string, string>>;

/** Of every function of the platform. */
const FUNCTIONS: Acknowledged = {
  'NIST.800.53.R5-LambdaConcurrency':
    'A reserved number takes from what the account has for all functions, so it is a choice of the account: `reservedConcurrency`. A throttled function refuses, and an alarm tells.',
  'NIST.800.53.R5-LambdaDLQ':
    'The function is invoked synchronously only, and its caller has the error. There is no event that could be lost.',
  'NIST.800.53.R5-LambdaInsideVPC':
    'It reaches AWS APIs and issuers only, by TLS that it verifies, and listens on nothing. A network would add interfaces and a way into the network.',
};

/** Of every role. */
const ROLES: Acknowledged = {
  'NIST.800.53.R5-IAMNoInlinePolicy':
    'Each policy names the resources of one role and is of use to no other. An inline policy cannot be attached elsewhere and goes with its role.',
};

/** Of every bucket. */
const BUCKETS: Acknowledged = {
  'NIST.800.53.R5-S3BucketReplicationEnabled':
    'A platform stands in one region. Every object has versions, and what is lost with the region is issued anew in the next.',
};

const ACCESS_LOGS: Acknowledged = {
  ...BUCKETS,
  'NIST.800.53.R5-S3DefaultEncryptionKMS':
    'S3 delivers access logs only to buckets with its own keys ("Enabling Amazon S3 server access logging"). They hold names of objects, no content.',
};

/** Of every API. */
const EDGE: Acknowledged = {
  'AwsSolutions-APIG2':
    'A body means nothing to the edge: the authorizer judges method and path, and what a body must be its service knows. The firewall limits its size.',
  'AwsSolutions-APIG3':
    'The firewall is associated in the nested stack of the service, where the rule does not look.',
  'AwsSolutions-COG4':
    'The method has the token authorizer, which checks tokens of every issuer of the model and the rules too.',
  'NIST.800.53.R5-APIGWAssociatedWithWAF':
    'The firewall is associated in the nested stack of the service, where the rule does not look.',
  'NIST.800.53.R5-APIGWCacheEnabledAndEncrypted':
    "A cached answer would be given without the service having been asked, and to another user's request.",
};

/** What each part's place is acknowledged for. */
export const ACKNOWLEDGED: Readonly<Record<string, Acknowledged>> = {
  authority: { ...FUNCTIONS, ...ROLES, ...BUCKETS },
  'access-logs': ACCESS_LOGS,
  authorizer: { ...FUNCTIONS, ...ROLES },
  edge: EDGE,
};

/** Record why findings below a part's place are meant, for cdk-nag and for auditors. */
export function acknowledge(place: Construct, part: string): void {
  for (const [id, reason] of Object.entries(ACKNOWLEDGED[part] ?? {})) {
    Validations.of(place).acknowledge({ id, reason });
  }
}

/** The two wildcards of the registration function, each below a prefix that is the platform's own. */
export function acknowledgeRegistration(authority: CertificateAuthority, bucketId: string): void {
  const { account, region } = Stack.of(authority);
  const path = `parameter${identityRecords(authority.platform)}/*`;
  const records = `arn:<AWS::Partition>:ssm:${shown(region, 'Region')}:${shown(account, 'AccountId')}:${path}`;
  Validations.of(authority.registration.role).acknowledge(
    {
      id: `AwsSolutions-IAM5[Resource::${records}]`,
      reason:
        "A role's record is found by the role's unique id, which only a deployment knows. The path is this platform's, and the right is to read.",
    },
    {
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/issued/*]`,
      reason: 'Each issuance is an object of its own, named by the attestation. Nothing else lies below it.',
    },
  );
}

/** As cdk-nag prints a pseudo parameter. */
function shown(value: string, pseudo: string): string {
  return Token.isUnresolved(value) ? `<AWS::${pseudo}>` : value;
}
