import { REVOCATIONS } from '../decision/revocations.js';
import { type Deployers, isOneOf, isPurge } from './foreign-policy.js';
import { type Guard, literal } from './guard.js';

/**
 * What the decision service decides by: its policy, of which the deployers alone make another, and what is revoked, which
 * `revokers` write as well. Whoever may write ConfigMaps of the namespace could else let anybody in.
 */
export function decisionDocuments(
  serviceName: string,
  deployers: Deployers,
  revokers: Deployers = {},
): Guard {
  const isPolicy = `request.name.startsWith(${literal(`${serviceName}-policy-`)})`;
  const isRevocations = `request.name == ${literal(REVOCATIONS)}`;
  return {
    id: 'decision-documents',
    guarded: [{ apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] }],
    validations: [
      {
        expression: `!(${isPolicy}) || ${isOneOf(deployers)} || ${isPurge}`,
        message: 'only the deployers of the platform make a policy of the decision service, or take it away',
      },
      {
        expression: `!(${isRevocations}) || ${isOneOf(deployers)} || (request.operation == 'UPDATE' && (${isOneOf(revokers)})) || ${isPurge}`,
        message: 'only the deployers of the platform and its revokers write what is revoked',
      },
    ],
  };
}
