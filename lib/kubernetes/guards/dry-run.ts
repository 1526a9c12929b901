import { type Guard, literal } from './guard.js';

/** By it Istio only logs what a policy would do: a deny lets pass, whoever wrote it. */
const DRY_RUN = literal('istio.io/dry-run');

/** A policy that looks on. Nobody needs one here: what is tried out is a rule in audit, of the model. */
export const dryRun: Guard = {
  id: 'dry-run',
  purpose: 'Policies of access are enforced, and not only logged.',
  remedy: 'take it off',
  guarded: [
    {
      apiGroups: ['security.istio.io'],
      resources: ['authorizationpolicies'],
      operations: ['CREATE', 'UPDATE'],
    },
  ],
  validations: [
    {
      expression: `!has(object.metadata.annotations) || !(${DRY_RUN} in object.metadata.annotations)`,
      message: 'an AuthorizationPolicy must not have the annotation istio.io/dry-run',
    },
  ],
};
