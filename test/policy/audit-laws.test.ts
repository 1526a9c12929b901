import fc from 'fast-check';
import { cedarIndex, compileCedar, outcomeOf, questionOf } from '../../lib/policy/compile/cedar/index.js';
import { type AccessRule, decide, indexPolicy } from '../../lib/policy/index.js';
import { CedarEngine } from '../engines/cedar/engine.js';
import { allowRule, anyRequest, denyRule, policyWith, rules } from './arbitrary.js';
import { NOW } from './fixture.js';
import { inserted, law, RUNS, SEED } from './law.js';

/** Rules, one more of which is in audit until `NOW`, and a request that comes seconds before or after. */
const scene = fc.record({
  others: rules(allowRule, denyRule),
  rule: fc.oneof(allowRule, denyRule),
  place: fc.nat(),
  request: anyRequest,
  seconds: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ min: -1.5, max: 1.5, noNaN: true })),
});

/** The others are dated for `NOW` as it is in `arbitrary.ts`: here all of them are enforced. */
function enforced(all: readonly AccessRule[]): AccessRule[] {
  return all.map((rule) => {
    const { auditUntil: _, ...plain } = rule;
    return plain;
  });
}

describe('a rule in audit, across its instant', () => {
  law(
    'decides nothing before it, and all that it says from it on',
    fc.property(scene, ({ others, rule, place, request, seconds }) => {
      const rest = enforced(others);
      const [plain] = enforced([rule]);
      const at = { ...request, now: NOW + seconds };
      const all = inserted(rest, { ...plain!, auditUntil: NOW }, place);
      const { wouldAllow, wouldRefuse, ...decision } = decide(indexPolicy(policyWith(all)), at);
      const isOver = Math.floor(NOW + seconds) >= NOW;
      const wanted = decide(indexPolicy(policyWith(isOver ? inserted(rest, plain!, place) : rest)), at);
      expect(decision).toEqual(wanted);
      if (isOver) expect([wouldAllow, wouldRefuse]).toEqual([undefined, undefined]);
    }),
  );

  law(
    'is logged before it exactly if it would admit or refuse by itself',
    fc.property(scene, ({ others, rule, place, request }) => {
      const rest = enforced(others);
      const [plain] = enforced([rule]);
      const at = { ...request, now: NOW - 1 };
      const all = inserted(rest, { ...plain!, auditUntil: NOW }, place);
      const { wouldAllow, wouldRefuse } = decide(indexPolicy(policyWith(all)), at);
      const alone = decide(indexPolicy(policyWith([{ ...plain!, id: 'm' }])), at);
      const would = alone.rule === 'm' ? 'm' : undefined;
      expect([wouldAllow, wouldRefuse]).toEqual(
        rule.effect === 'allow' ? [would, undefined] : [undefined, would],
      );
    }),
  );

  test('is for Cedar what it is for the reference', () => {
    let number = 0;
    fc.assert(
      fc.property(scene, ({ others, rule, place, request, seconds }) => {
        const policy = policyWith(inserted(enforced(others), { ...rule, auditUntil: NOW }, place));
        const engine = new CedarEngine(`audit-${(number += 1)}`, compileCedar(policy));
        for (const now of [NOW - 1, NOW, NOW + seconds]) {
          const at = { ...request, now };
          const outcome = outcomeOf(questionOf(cedarIndex(policy), at), engine.isAllowed);
          expect(outcome).toBe(decide(indexPolicy(policy), at).outcome);
        }
      }),
      { numRuns: RUNS / 5, seed: SEED },
    );
  });
});
