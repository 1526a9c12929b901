import fc from 'fast-check';
import { cedarIndex, compileCedar, outcomeOf, questionOf } from '../../lib/policy/compile/cedar/index.js';
import { decide, indexPolicy } from '../../lib/policy/index.js';
import { CedarEngine } from '../engines/cedar/engine.js';
import { allowRule, anyRequest, denyRule, policyWith, rules } from './arbitrary.js';
import { NOW } from './fixture.js';
import { inserted, law, RUNS, SEED } from './law.js';

/** Rules, one more of which ends at `NOW` if it is an allow, and a request that comes seconds before or after. */
const scene = fc.record({
  others: rules(allowRule, denyRule),
  rule: fc.oneof({ weight: 4, arbitrary: allowRule }, { weight: 1, arbitrary: denyRule }),
  place: fc.nat(),
  request: anyRequest,
  seconds: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ min: -1.5, max: 1.5, noNaN: true })),
});

describe('an allow with an end, across its instant', () => {
  law(
    'is as if it had none before it, and as if it were not there from it on; a deny has none',
    fc.property(scene, ({ others, rule: drawn, place, request, seconds }) => {
      const { until: _, ...rule } = drawn;
      const at = { ...request, now: NOW + seconds };
      const all = inserted(others, { ...rule, until: NOW }, place);
      const isOver = rule.effect === 'allow' && Math.floor(NOW + seconds) >= NOW;
      const wanted = isOver ? others : inserted(others, rule, place);
      expect(decide(indexPolicy(policyWith(all)), at)).toEqual(decide(indexPolicy(policyWith(wanted)), at));
    }),
  );

  test('is for Cedar what it is for the reference', () => {
    let number = 0;
    fc.assert(
      fc.property(scene, ({ others, rule, place, request, seconds }) => {
        const policy = policyWith(inserted(others, { ...rule, until: NOW }, place));
        const engine = new CedarEngine(`end-${(number += 1)}`, compileCedar(policy));
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
