import { tryResolve } from '../../../lib/plan/resolve.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { Json } from '../../../lib/policy/request.js';
import { type Instant, partsOf, type PolicySpec } from './case.js';
import { modelOf } from './platform.js';

/** The policy without the rules and other parts that a check refuses, and its plan. */
export function repaired(policy: PolicySpec, instant: Instant): { policy: PolicySpec; plan: Plan } {
  let left = policy;
  for (;;) {
    const { plan, diagnostics } = tryResolve(modelOf(partsOf(left, instant)), {
      now: new Date(instant.now * 1000),
    });
    if (plan) return { policy: left, plan };
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const bad = new Set(errors.flatMap(({ path }) => /^access\[([0-9]+)\]/.exec(path)?.[1] ?? []));
    const { access, ...others } = left.parts;
    const rules = access as readonly Json[];
    const elsewhere = errors.find(({ path }) => !path.startsWith('access['));
    if (bad.size === 0 && Object.keys(others).length === 0) {
      throw new Error(`no random part is at fault: ${JSON.stringify(errors)}`);
    }
    const parts = {
      access: rules.filter((_, index) => !bad.has(String(index))),
      ...(elsewhere ? {} : others),
    };
    left = { ...left, parts };
  }
}
