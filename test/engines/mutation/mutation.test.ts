import { findEnvoy } from '../../../local/envoy-binary.js';
import { judgeAll } from './campaign.js';
import { mutationPlan } from './model.js';
import { type Mutant, mutantsOf } from './mutants.js';
import { suiteOf } from './suite.js';
import { baselineOf, judge, type Verdict } from './trial.js';
import { World } from './world.js';

const plan = mutationPlan();
const mutants = mutantsOf(plan);

/** What must never go unseen: each opens something, or takes a limit away. `npm run prove` judges all. */
const SAMPLE: readonly RegExp[] = [
  /^gateway bootstrap .*http_filters\[ztp\.canonical\].*permissions\[0\]\.not_rule\.header\.string_match\.safe_regex\.regex$/,
  /^gateway bootstrap .*jwt_authn\].*providers\[\*\]\.from_headers$/,
  /^gateway bootstrap .*jwt_authn\].*providers\[\*\]\.normalize_payload_in_metadata$/,
  /^gateway bootstrap .*\.http_filters\[ztp\.token\]$/,
  /^gateway bootstrap .*\.http_filters\[ztp\.audience\]$/,
  /^gateway bootstrap .*\.http_filters\[ztp\.deny\]$/,
  /^gateway bootstrap .*\.http_filters\[ztp\.allow\]$/,
  /^gateway bootstrap .*\.headers_with_underscores_action$/,
  /^gateway routes .*typed_per_filter_config\[ztp\.audience\]$/,
  /^gateway routes .*typed_per_filter_config\[ztp\.deny\]$/,
];

function sample(): Mutant[] {
  return SAMPLE.map((id) => {
    const found = mutants.find((mutant) => id.test(mutant.id));
    if (!found) throw new Error(`no mutant is ${String(id)}`);
    return found;
  });
}

test('a mutant without what decides is killed by how the running Envoy behaves', async () => {
  const chosen = sample();
  const verdicts = new Map<string, Verdict>();
  await judgeAll(chosen, {
    plan,
    binary: await findEnvoy(),
    lanes: 2,
    speeds: ['fast'],
    onVerdict: ({ id }, verdict) => verdicts.set(id, verdict),
  });
  expect(Object.fromEntries(verdicts)).toEqual(
    Object.fromEntries(chosen.map(({ id }) => [id, expect.objectContaining({ killed: true })])),
  );
});

test('what is not changed lives: a kill means something', async () => {
  const world = await World.create(plan, 'gateway', await findEnvoy());
  try {
    const probes = (await suiteOf(world)).filter(({ speed }) => speed === 'fast');
    const baseline = await baselineOf([world], [probes]);
    const unchanged = { id: 'nothing', apply: <Documents>(documents: Documents) => documents };
    expect(await judge(world, unchanged, probes, baseline)).toEqual({ killed: false });
  } finally {
    await world.close();
  }
});
