import { type Guard, type Guarded, IS_KUBELET } from './guard.js';

/** A token of a service account, which the API server signs. The name of the request is the account's. */
export const TOKENS: Guarded = {
  apiGroups: [''],
  resources: ['serviceaccounts/token'],
  operations: ['CREATE'],
};

/**
 * A token of a workload's account that is for no pod: whoever has it asks for a certificate as that workload. A kubelet asks
 * for the pods of its node, whose tokens carry their names. It holds every account of the namespace, so that the policy does not
 * grow with the platform.
 */
export const accountTokens: Guard = {
  id: 'account-tokens',
  purpose:
    'Nobody has a token of an account of the namespace but the pods that run under it: by one for the authority of the mesh, whoever has it would be that workload.',
  remedy: 'let a pod have it by a projected volume, or use an account of another namespace',
  guarded: [TOKENS],
  validations: [
    { expression: IS_KUBELET, message: 'only kubelets make tokens of the accounts of the namespace' },
  ],
};
