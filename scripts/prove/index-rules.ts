import shop from '../../examples/shop/model.js';
import { resolve } from '../../lib/plan/resolve.js';
import { indexPolicy, type PolicyIndex } from '../../lib/policy/index-rules.js';
import { revocationsOf } from '../../test/engines/equality/case.js';
import { drawPolicy } from '../../test/engines/equality/policies.js';
import { repaired } from '../../test/engines/equality/validity.js';
import { MOST, proveIndex } from '../../test/equality/exhaustive.js';
import { seededDraw } from '../../test/equality/memory.js';
import type { Outcome } from '../prove.js';

/** Random policies besides the shop. */
const POLICIES = 40;
const NOW = 1_900_000_000;

/** Every operation of the shop and of random policies: the index beside the rules read one by one. */
export function proveIndexes(): Outcome {
  const counts = { enumeration: 0, diagram: 0, asked: 0, conditions: 0 };
  for (const index of indexes()) {
    for (const { by, asked, conditions } of proveIndex(index, NOW)) {
      counts[by] += 1;
      counts.asked += asked;
      counts.conditions = Math.max(counts.conditions, conditions);
    }
  }
  const { enumeration, diagram, asked, conditions } = counts;
  return {
    holds: true,
    summary:
      `${enumeration} operations by enumeration of up to ${MOST} conditions, ${diagram} by a decision diagram ` +
      `of up to ${conditions}; ${asked} abstract requests decided, none otherwise than by the rules one by one`,
  };
}

function* indexes(): Generator<PolicyIndex> {
  yield indexPolicy(resolve(shop, { now: new Date(NOW * 1000) }).policy);
  const instant = { now: NOW, thumbprint: (name: string) => `thumbprint-of-${name}` };
  for (let number = 0; number < POLICIES; number += 1) {
    const { plan, policy } = repaired(drawPolicy(seededDraw(31, number)), instant);
    yield indexPolicy(plan.policy, revocationsOf(policy, instant));
  }
}
