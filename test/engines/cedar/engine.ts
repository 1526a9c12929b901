import {
  type Context,
  type Entities,
  preparsePolicySet,
  preparseSchema,
  type Schema,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { CedarCall, CedarDocument } from '../../../lib/policy/compile/cedar/index.js';

/** Cedar's own engine with one compiled policy. What it cannot evaluate is an error, never a refusal. */
export class CedarEngine {
  readonly #policies: Record<string, string>;
  readonly #schema: Schema;

  constructor(
    readonly id: string,
    { schema, policies }: CedarDocument,
  ) {
    this.#schema = schema as unknown as Schema;
    this.#policies = Object.fromEntries(policies.map((policy) => [policy.id, policy.statement]));
    if (Object.keys(this.#policies).length !== policies.length) throw new Error('an id is there twice');
    for (const answer of [
      preparseSchema(id, this.#schema),
      preparsePolicySet(id, { staticPolicies: this.#policies }),
    ]) {
      if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
    }
  }

  /** Everything that strict validation says, warnings too. */
  findings(): string[] {
    const answer = validate({
      validationSettings: { mode: 'strict' },
      schema: this.#schema,
      policies: { staticPolicies: this.#policies },
    });
    if (answer.type === 'failure') return answer.errors.map(({ message }) => message);
    const of = [...answer.validationErrors, ...answer.validationWarnings];
    return [
      ...of.map(({ policyId, error }) => `${policyId}: ${error.message}`),
      ...answer.otherWarnings.map(({ message }) => message),
    ];
  }

  /** The request is checked against the schema. */
  isAllowed = (call: CedarCall): boolean => this.ask(call).allowed;

  /** Whether Cedar allows it, and by which policies it does or does not. */
  ask({ principal, action, resource, context, entities }: CedarCall): { allowed: boolean; by: string[] } {
    const answer = statefulIsAuthorized({
      principal,
      action,
      resource,
      context: context as Context,
      entities: entities as unknown as Entities,
      preparsedSchemaName: this.id,
      preparsedPolicySetId: this.id,
      validateRequest: true,
    });
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('\n'));
    const { decision, diagnostics } = answer.response;
    const [error] = diagnostics.errors;
    if (error) throw new Error(`${error.policyId}: ${error.error.message}`);
    return { allowed: decision === 'allow', by: diagnostics.reason };
  }
}
