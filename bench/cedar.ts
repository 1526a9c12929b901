import {
  type Context,
  type Entities,
  preparsePolicySet,
  type StatefulAuthorizationCall,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';
import { cedarIndex, compileCedar, type Policy, questionOf, type Request } from '../lib/policy/index.js';

/**
 * The policy as this library compiles it for Cedar (4.x), for its wasm build. Form, token and everything else
 * that is not the rules is judged before the call, so Cedar's time does not include it; nor is the call checked
 * against the schema.
 */
export class CedarPolicy {
  readonly #id: string;
  readonly #index: ReturnType<typeof cedarIndex>;

  /** Parses the policy set once; every decision then refers to it by `id`. */
  constructor(id: string, policy: Policy) {
    this.#id = id;
    this.#index = cedarIndex(policy);
    const staticPolicies = Object.fromEntries(
      compileCedar(policy).policies.map((one) => [one.id, one.statement]),
    );
    const answer = preparsePolicySet(id, { staticPolicies });
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('\n'));
  }

  /** The call for a request, complete, so that only the decision itself is measured. */
  call(request: Request): StatefulAuthorizationCall {
    const question = questionOf(this.#index, request);
    if (question.kind === 'decided') throw new Error(`${question.outcome}: no rule decides it`);
    const { context, entities, ...call } = question.call;
    return {
      ...call,
      context: context as Context,
      entities: entities as unknown as Entities,
      preparsedPolicySetId: this.#id,
    };
  }
}

/** Whether Cedar allows the call. Throws what Cedar says where a policy could not be evaluated. */
export function isAllowed(call: StatefulAuthorizationCall): boolean {
  const answer = statefulIsAuthorized(call);
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('\n'));
  const [error] = answer.response.diagnostics.errors;
  if (error) throw new Error(`${error.policyId}: ${error.error.message}`);
  return answer.response.decision === 'allow';
}
