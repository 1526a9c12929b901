import type { Construct } from 'constructs';
import { authorizerFile, meshDecisionData } from '../../lambda/authorizer/data.js';
import {
  decisionServiceObjects,
  type DecisionServiceObjectsOptions,
  meshOptions,
  meshPolicy,
  REVOCATIONS,
  REVOCATIONS_KEY,
} from '../../lib/kubernetes/index.js';
import type { Plan } from '../../lib/plan/plan.js';
import { Part, type PartProps } from './support/part.js';

export interface DecisionServiceProps extends PartProps, DecisionServiceObjectsOptions {}

/**
 * The decision service as a Deployment in the mesh, by an image of yours: with its policy, the way to the issuers' keys and
 * to the document of what is revoked. Nothing, if `decisionService` has no image.
 */
export class DecisionService extends Part {
  constructor(scope: Construct, id: string, props: DecisionServiceProps) {
    super(scope, id, props, () => decisionServiceObjects(props.plan, props, policyFile(props.plan, props)));
  }
}

/** The `policy.json` that it decides by. */
function policyFile(plan: Plan, options: DecisionServiceObjectsOptions): string {
  const store = {
    kind: 'kubernetes',
    namespace: plan.namespace,
    name: REVOCATIONS,
    key: REVOCATIONS_KEY,
  } as const;
  const policy = meshPolicy(plan, meshOptions(plan, options));
  return authorizerFile(meshDecisionData(plan, policy, { revocationStore: store }));
}
