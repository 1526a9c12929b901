import { findEnvoy } from '../../../local/envoy-binary.js';
import { judgeAll } from './campaign.js';
import { mutationPlan } from './model.js';
import { type Mutant, mutantsOf } from './mutants.js';
import { objections, readResult, readSurvivors } from './result.js';
import { suiteOf } from './suite.js';
import { baselineOf, judge, type Verdict } from './trial.js';
import { World } from './world.js';

const plan = mutationPlan();
const mutants = mutantsOf(plan);
const result = readResult();

describe('the committed result', () => {
  test('has every mutant and no other: a new leaf asks for `npm run prove -- --only mutation`', () => {
    expect(Object.keys(result.verdicts)).toEqual(mutants.map(({ id }) => id));
  });

  test('has no survivor without a reason, and no reason without a survivor', () => {
    expect(objections(result, readSurvivors())).toEqual([]);
  });

  test('is hardly ever survival', () => {
    expect(result.survived).toBeLessThan(mutants.length / 10);
  });
});

describe('a sample of the mutants', () => {
  /** Evenly from those that a running Envoy showed to be wrong, by what every run looks at first. */
  const sample = (point: string, count: number): Mutant[] => {
    const quick = mutants.filter(
      ({ id, points }) =>
        points[0] === point && /^behaviour: (?!bound|operation)/.test(result.verdicts[id] ?? ''),
    );
    return Array.from({ length: count }, (_, at) => quick[Math.floor(((at + 0.5) * quick.length) / count)]!);
  };

  test('is killed', async () => {
    const chosen = [...sample('gateway', 7), ...sample('services/api/sidecar', 5)];
    const verdicts = new Map<string, Verdict>();
    await judgeAll(chosen, {
      plan,
      binary: await findEnvoy(),
      lanes: 2,
      speeds: ['fast'],
      onVerdict: ({ id }, verdict) => verdicts.set(id, verdict),
    });
    expect([...verdicts.values()].map(({ killed }) => killed)).toEqual(chosen.map(() => true));
    expect([...verdicts.keys()].toSorted()).toEqual(chosen.map(({ id }) => id).toSorted());
  });

  test('does not have what is not changed: it lives', async () => {
    const world = await World.create(plan, 'services/ledger/sidecar', await findEnvoy());
    try {
      const probes = (await suiteOf(world)).filter(({ speed }) => speed === 'fast');
      const baseline = await baselineOf([world], [probes]);
      const unchanged = { id: 'nothing', apply: <Documents>(documents: Documents) => documents };
      expect(await judge(world, unchanged, probes, baseline)).toEqual({ killed: false });
    } finally {
      await world.close();
    }
  });
});
