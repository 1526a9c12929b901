import { EMERGENCY } from '../../lib/policy/compile/envoy/index.js';
import { type Decision, decide } from '../../lib/policy/decide.js';
import { compared, explanationDifference } from '../engines/equality/explained.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { drawRequest } from '../engines/equality/requests.js';
import { repaired } from '../engines/equality/validity.js';
import { Memory, seededDraw } from './memory.js';

/** The line that a point writes which decides as the reference does. */
function lineOf({ outcome, rule, reason }: Decision) {
  return {
    decision: outcome === 'allow' || outcome === 'preflight' ? outcome : 'refuse',
    rule: reason === 'emergency deny' ? EMERGENCY : rule,
  };
}

test('of random requests, ztp explain names the rule that the point on the way names that they came to', async () => {
  const memory = await Memory.create();
  const points = { gateway: 0, sidecar: 0 };
  const rules = new Set<string>();
  for (let number = 0; number < 60; number += 1) {
    const instant = memory.world.instant(1_900_000_000);
    const draw = seededDraw(20_261_129, number);
    const { policy } = repaired(drawPolicy(draw), instant);
    const applied = memory.apply(policy)!;
    const plan = {
      ...applied.plan,
      revocation: { ...applied.plan.revocation, document: applied.index.revocations.document },
    };
    for (let count = 0; count < 50; count += 1) {
      const point = count % 2 === 0 ? 'gateway' : 'sidecar';
      const { request } = memory.world.pose(drawRequest(draw, plan, policy.revocations, point), instant);
      const decision = decide(applied.index, request);
      const before = compared.lines;
      expect(explanationDifference(plan, request, lineOf(decision))).toBeUndefined();
      points[point] += compared.lines - before;
      if (compared.lines > before && decision.rule !== undefined) rules.add(`${number} ${decision.rule}`);
      // The comparison is one that can fail.
      if (decision.rule !== undefined && compared.lines > before) {
        expect(explanationDifference(plan, request, { ...lineOf(decision), rule: 'another' })).toBeDefined();
      }
    }
  }
  expect(points.gateway).toBeGreaterThan(1_000);
  expect(points.sidecar).toBeGreaterThan(500);
  expect(rules.size).toBeGreaterThan(100);
});
