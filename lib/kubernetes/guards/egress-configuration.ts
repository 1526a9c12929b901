import { CONFIGURATION_NAME } from '../egress/index.js';
import type { Deployers } from './deployers.js';
import { isOneOf } from './foreign-policy.js';
import { type Guard, literal } from './guard.js';

/** What the egress gateway reads, written by somebody else: it would lead wherever that says. */
export function egressConfiguration(deployers: Deployers): Guard {
  return {
    id: 'egress-configuration',
    guarded: [{ apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE'] }],
    validations: [
      {
        expression: `!object.metadata.name.matches(${literal(CONFIGURATION_NAME)}) || ${isOneOf(deployers)}`,
        message: 'only the deployers of the platform write what the egress gateway reads',
      },
    ],
  };
}
