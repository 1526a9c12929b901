import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  type IRole,
  PolicyDocument,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import { type CfnKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { keepAlone } from '../support/beside.js';

/** What administrators of the account may do with a signing key by their own policies: all but use it. */
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:GetPublicKey',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RetireGrant',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateKeyDescription',
];

export interface SigningKeyProps {
  readonly description: string;
  /** The one role that may sign. */
  readonly signer: IRole;
  /** Roles that may read the public key. */
  readonly readers: readonly IRole[];
  readonly removalPolicy: RemovalPolicy;
}

/**
 * A P-256 key of KMS that signs for one role and denies it to everyone else: a deny holds against every
 * other policy and every grant, the account's root user included.
 */
export function signingKey(scope: Construct, id: string, props: SigningKeyProps): Key {
  const { description, signer, readers, removalPolicy } = props;
  const resources = ['*']; // In a key's own policy this is the key.
  const policy = new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: 'Administration',
        principals: [new AccountRootPrincipal()],
        actions: ADMINISTRATION,
        resources,
      }),
      new PolicyStatement({
        sid: 'SignDigests',
        principals: [signer.grantPrincipal],
        actions: ['kms:Sign'],
        resources,
        conditions: {
          StringEquals: { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' },
        },
      }),
      new PolicyStatement({
        sid: 'ReadPublicKey',
        principals: readers.map((role) => role.grantPrincipal),
        actions: ['kms:GetPublicKey'],
        resources,
      }),
      new PolicyStatement({
        sid: 'NobodyElseSigns',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['kms:Sign'],
        resources,
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': signer.roleArn } },
      }),
      new PolicyStatement({
        sid: 'NoGrants',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['kms:CreateGrant'],
        resources,
      }),
    ],
  });
  const key = new Key(scope, id, {
    description: `${description} of ${Stack.of(scope).stackName}`,
    keySpec: KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
    policy,
    removalPolicy,
    ...(removalPolicy === RemovalPolicy.DESTROY && { pendingWindow: Duration.days(30) }),
  });
  const resource = key.node.defaultChild as CfnKey;
  keepAsMade(
    key,
    asMade(resource, {
      KeyPolicy: resource.keyPolicy,
      KeySpec: resource.keySpec,
      KeyUsage: resource.keyUsage,
      MultiRegion: undefined,
      Origin: undefined,
    }),
  );
  keepAlone({
    construct: key,
    values: [key.keyArn, key.keyId],
    what: 'a signing key',
    types: [],
    calls: { services: ['kms'], changing: /^(?!get|list|describe|verify)/ },
  });
  return key;
}
