import { findEnvoy } from '../../../local/envoy-binary.js';
import { judgeAll } from './campaign.js';
import { mutationPlan } from './model.js';
import { type Mutant, mutantsOf } from './mutants.js';
import { configurationOf, objections, readResult, readSurvivors } from './result.js';
import type { Verdict } from './trial.js';

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

test('the committed result is of these mutants: a new leaf asks for a new run of `npm run prove`', () => {
  expect(Object.keys(readResult().verdicts).sort()).toEqual(mutants.map(({ id }) => id).sort());
});

test('the committed result is of this configuration: another value of a leaf asks for a new run too', () => {
  const { configuration, envoy } = readResult();
  expect(configuration).toBe(configurationOf(plan, envoy));
});

test('what lives is listed with its reason, and nothing else is', () => {
  expect(objections(readResult(), readSurvivors())).toEqual([]);
});

test('a survivor without a reason, and a reason without a survivor, are objections', () => {
  const result = { ...readResult(), verdicts: { a: 'survived', b: 'behaviour: seen', c: 'survived' } };
  const survivors = [
    { reason: 'it is the default', mutants: ['a', 'b'] },
    { reason: ' ', mutants: [] },
  ];
  expect(objections(result, survivors)).toEqual([
    'survives, and no reason is listed: c',
    'is listed as a survivor, and is behaviour: seen: b',
    'a reason is empty',
  ]);
});

// The campaign itself asks after them whether what is unchanged still lives, so a kill means something.
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
  // Most of it is waiting: for connections, keys and certificates to end.
});
