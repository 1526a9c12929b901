import type { Plan } from '../../../lib/plan/plan.js';
import type { Weakening } from '../support/weakening.js';

export interface PolicyStoreProps {
  /** From `resolve(model, { engine: 'aws' })`. */
  readonly plan: Plan;
  /** Services whose rules the store holds. @default every service of the plan */
  readonly services?: readonly string[];
  /** For people who list stores; 150 characters at the most. @default the plan's trust domain */
  readonly description?: string;
  /** Let the store be deleted with its stack, and then every request be refused. @default it is protected */
  readonly deletable?: Weakening;
}
