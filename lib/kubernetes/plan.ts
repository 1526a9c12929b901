import { codedError } from '../coded-error.js';
import { excerpt } from '../diagnostic.js';
import { type Plan, PLAN_VERSION } from '../plan/plan.js';
import { isPlan, major } from '../plan/record.js';

/** Members of a plan that every part reads. */
const MEMBERS = [
  'certificates',
  'decisionLog',
  'gateway',
  'issuers',
  'policy',
  'revocation',
  'services',
] as const;

/** Throws `plan-version` for what is no plan that is understood here. */
export function checkPlan(plan: unknown): asserts plan is Plan {
  if (!isPlan(plan) || MEMBERS.some((member) => typeof plan[member] !== 'object')) {
    throw codedError('plan-version', 'plan', `it is no plan of version ${major(PLAN_VERSION)}`, {
      found: excerpt(plan),
      expected: 'what a model comes to, not the model itself',
      remedy: MAKE_IT,
    });
  }
}

/** The same; throws `wrong-engine` for one of another engine, too. */
export function checkMeshPlan(plan: unknown): asserts plan is Plan {
  checkPlan(plan);
  if (plan.engine === 'kubernetes') return;
  throw codedError('wrong-engine', 'plan', 'the plan is of another engine', {
    found: plan.engine,
    expected: 'kubernetes',
    remedy: MAKE_IT,
  });
}

const MAKE_IT = "make it with resolve(model, { engine: 'kubernetes' })";
