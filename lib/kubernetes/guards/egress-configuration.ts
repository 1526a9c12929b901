import { CONFIGURATION_NAME } from '../egress/index.js';
import type { Deployers } from './deployers.js';
import { isOneOf, isPurge } from './foreign-policy.js';
import { type Guard, literal, NAME } from './guard.js';

/** What the egress gateway reads, written by somebody else: it would lead wherever that says. Taken away, no new pod of it starts. */
export function egressConfiguration(deployers: Deployers): Guard {
  return {
    id: 'egress-configuration',
    purpose: 'The egress gateway lets out what the model of the platform says.',
    remedy: 'change the model, and apply its manifests as a deployer',
    guarded: [{ apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] }],
    validations: [
      {
        expression: `!${NAME}.matches(${literal(CONFIGURATION_NAME)}) || ${isOneOf(deployers)} || ${isPurge}`,
        message: 'only the deployers of the platform write what the egress gateway reads, or take it away',
      },
    ],
  };
}
