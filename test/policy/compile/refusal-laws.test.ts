import fc from 'fast-check';
import { type Abilities, ABILITIES } from '../../../lib/policy/compile/abilities/index.js';
import { type Refusal, refusals } from '../../../lib/policy/compile/refusal.js';
import {
  type AccessRule,
  decide,
  indexPolicy,
  type Policy,
  type PolicyCondition,
} from '../../../lib/policy/index.js';
import { scene } from '../aim.js';
import { allowRule, denyRule, policyWith, rules } from '../arbitrary.js';
import { NOW } from '../fixture.js';
import { RUNS, SEED } from '../law.js';

jest.setTimeout(30 * 60_000);

/** Each is a dozen policies and requests. */
const SETS = Math.ceil(RUNS / 8);

const { envoy } = ABILITIES;
const cannot = { how: 'refused', note: 'it is told so' } as const;

/** Targets that are as able as Envoy but for one thing. */
const TARGETS: readonly Abilities[] = [
  ...(Object.keys(envoy.conditions) as PolicyCondition['kind'][]).map((kind) => ({
    ...envoy,
    conditions: { ...envoy.conditions, [kind]: cannot },
  })),
  { ...envoy, operations: { ...envoy.operations, '{name}': cannot } },
  { ...envoy, operations: { ...envoy.operations, '/**': cannot } },
  { ...envoy, principals: { ...envoy.principals, workload: cannot } },
  { ...envoy, principals: { ...envoy.principals, 'workload with forUser': cannot } },
  { ...envoy, principals: { ...envoy.principals, token: cannot } },
  { ...envoy, dated: { ...envoy.dated, 'audit until': cannot } },
];

/** The policy as the target would enforce it. */
function nearest(policy: Policy, { service, rule, coarse }: Refusal): Policy {
  const own = policy.services[service]!;
  const left = own.rules.flatMap((one): AccessRule[] =>
    one.id !== rule.id ? [one] : coarse ? [coarse] : [],
  );
  return { ...policy, services: { ...policy.services, [service]: { ...own, rules: left } } };
}

test('a counterexample is one, and where there is any it is seldom missed', () => {
  const counts = { gaps: 0, found: 0, missed: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(...TARGETS),
      fc.array(scene(rules(allowRule, allowRule, denyRule)), { minLength: 12, maxLength: 12 }),
      (target, scenes) => {
        const own = scenes[0]![0];
        const policy = policyWith(own);
        const exact = indexPolicy(policy);
        for (const refusal of refusals(target, policy, { now: NOW })) {
          counts.gaps += 1;
          const other = indexPolicy(nearest(policy, refusal));
          const { counterexample } = refusal;
          if (counterexample) {
            counts.found += 1;
            const { request, reference, point } = counterexample;
            expect(reference).not.toBe(point);
            expect([decide(exact, request).outcome, decide(other, request).outcome]).toEqual([
              reference,
              point,
            ]);
            continue;
          }
          // Requests that were made for other policies may still tell the two apart.
          const isMissed = scenes.some(
            ([, request]) => decide(exact, request).outcome !== decide(other, request).outcome,
          );
          if (isMissed) counts.missed += 1;
        }
      },
    ),
    { numRuns: SETS, seed: SEED },
  );
  process.stderr.write(`seed ${SEED}: ${JSON.stringify(counts)}\n`);
  expect(counts.gaps).toBeGreaterThan(1.5 * SETS);
  expect(counts.found / counts.gaps).toBeGreaterThan(0.6);
  expect(counts.missed / counts.gaps).toBeLessThan(0.02);
});
