import type { Plan } from '../plan/plan.js';
import { indexPolicy, type PolicyIndex } from '../policy/index-rules.js';

const indexes = new WeakMap<Plan, PolicyIndex>();

/** The policy of a plan, laid out once for however many requests: a plan is frozen. */
export function planIndex(plan: Plan): PolicyIndex {
  const known = indexes.get(plan) ?? indexPolicy(plan.policy, plan.revocation.document);
  indexes.set(plan, known);
  return known;
}
