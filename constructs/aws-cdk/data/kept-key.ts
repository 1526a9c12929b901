import { Lazy } from 'aws-cdk-lib';
import type { CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import { asMade, keepAsMade } from '../support/as-made.js';
import { keepAlone } from '../support/beside.js';

/**
 * Synthesis stops where the key of a domain is no longer turned over, is copied into other regions, or its policy is
 * overridden. What L2s add to the policy stays, and is looked at when all is declared.
 */
export function keepKey(key: Key): void {
  const resource = key.node.defaultChild as CfnKey;
  const policy: unknown = resource.keyPolicy;
  keepAsMade(
    key,
    asMade(resource, {
      EnableKeyRotation: true,
      Enabled: undefined,
      KeyPolicy: Lazy.any({ produce: () => policy }),
      KeySpec: undefined,
      KeyUsage: undefined,
      MultiRegion: undefined,
      Origin: undefined,
      RotationPeriodInDays: undefined,
    }),
  );
  keepAlone({
    construct: key,
    values: [key.keyArn, key.keyId],
    what: 'the key of a domain of data',
    types: [],
    calls: { services: ['kms'], changing: /^(?!get|list|describe|verify)/ },
  });
}
