import {
  cedarIndex,
  compileCedar,
  decidingRule,
  outcomeOf,
  questionOf,
} from '../../../lib/policy/compile/cedar/index.js';
import type { Decision } from '../../../lib/policy/decide.js';
import type { PolicyIndex } from '../../../lib/policy/index-rules.js';
import type { Policy } from '../../../lib/policy/policy.js';
import type { Request } from '../../../lib/policy/request.js';
import { CedarEngine } from './engine.js';

const engines = new Map<string, CedarEngine>();
/** Cedar keeps parsed policies by name: each has its own. */
function engineFor(policy: Policy): CedarEngine {
  const key = JSON.stringify(policy);
  const known = engines.get(key);
  if (known) return known;
  const engine = new CedarEngine(`compared-${engines.size}`, compileCedar(policy));
  expect(engine.findings()).toEqual([]);
  engines.set(key, engine);
  return engine;
}

/** How often Cedar was asked. */
export const asked = { requests: 0, rules: 0 };

/** The decision, if Cedar says the same; throws otherwise. */
export function compared(index: PolicyIndex, request: Request, decision: Decision): Decision {
  const { policy, revocations } = index;
  const engine = engineFor(policy);
  const question = questionOf(cedarIndex(policy, revocations.document), request);
  const outcome = outcomeOf(question, engine.isAllowed);
  const rule = question.kind === 'ask' ? decidingRule(engine.ask(question.call).by) : decision.rule;
  if (outcome !== decision.outcome || rule !== decision.rule) {
    throw new Error(`decide: ${decision.outcome} (${decision.rule}), Cedar: ${outcome} (${rule})`);
  }
  asked.requests += 1;
  if (question.kind === 'ask') asked.rules += 1;
  return decision;
}
