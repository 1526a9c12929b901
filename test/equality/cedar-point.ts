import type { Plan } from '../../lib/plan/plan.js';
import {
  type CedarIndex,
  cedarIndex,
  compileCedar,
  decidingRule,
  outcomeOf,
  questionOf,
} from '../../lib/policy/compile/cedar/index.js';
import { decide } from '../../lib/policy/decide.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import type { Request } from '../../lib/policy/request.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import { CedarEngine } from '../engines/cedar/engine.js';

/** Cedar's own engine with the compiled policy, asked as Amazon Verified Permissions would be. */
export class CedarPoint {
  #engine: CedarEngine | undefined;
  #index: CedarIndex | undefined;
  /** Requests about which Cedar was asked; of the others form, token or preflight had decided. */
  asked = 0;

  /** Throws if Cedar finds anything in the document, be it a warning. */
  apply(plan: Plan, revocations: RevocationDocument): void {
    const document = compileCedar(plan.policy);
    const engine = new CedarEngine('equality', document);
    const [fault] = [...engine.findings(), ...document.tooLarge.map(({ rule }) => `${rule} is too large`)];
    if (fault !== undefined) throw new Error(`Cedar: ${fault}`);
    this.#engine = engine;
    this.#index = cedarIndex(plan.policy, revocations);
  }

  /** In what Cedar and `decide` differ; undefined if in nothing. */
  difference(index: PolicyIndex, request: Request): string | undefined {
    const [engine, own] = [this.#engine, this.#index];
    if (!engine || !own) throw new Error('no policy was applied');
    const { outcome, rule } = decide(index, request);
    const question = questionOf(own, request);
    let by: readonly string[] = [];
    const said = outcomeOf(question, (call) => {
      const answer = engine.ask(call);
      if (question.kind === 'ask' && call === question.call) by = answer.by;
      return answer.allowed;
    });
    if (said !== outcome) return `Cedar: decide: ${outcome} (${rule}); Cedar: ${said}`;
    if (question.kind !== 'ask') return undefined;
    this.asked += 1;
    const named = decidingRule(by);
    return named === rule ? undefined : `Cedar: decide: by ${rule}; Cedar: by ${named}`;
  }
}
