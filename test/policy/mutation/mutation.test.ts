import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objections, readResult, readSurvivors, ROOT, stale } from './result.js';

const listed = readSurvivors();

test('every mutant that may live has a reason, and is a place that the sources that were judged still have', () => {
  // Of a source that has changed since, the next run says what is listed in vain.
  const changed = stale(readResult());
  expect(listed.filter(({ reason }) => reason.trim() === '')).toEqual([]);
  const mutants = listed.flatMap((one) => one.mutants);
  expect(new Set(mutants).size).toBe(mutants.length);
  for (const mutant of mutants) {
    const [, file = '', text = ''] = /^([^:]+): \w+: (.*?)…? → /.exec(mutant) ?? [];
    if (changed.includes(file)) continue;
    const source = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\s+/g, ' ');
    expect([mutant, source.includes(text.trim())]).toEqual([mutant, true]);
  }
});

test('the committed result has none that lives without a reason', () => {
  const result = readResult();
  expect(objections(result, listed)).toEqual([]);
  for (const { mutants, killed, endless, survivors } of Object.values(result)) {
    expect(killed + endless + survivors.length).toBe(mutants);
  }
});

test('a mutant that lives without a reason, and a reason for one that does not live, are objections', () => {
  const result = { 'a.ts': { survivors: ['a.ts: 1'] } };
  expect(objections(result, [{ reason: 'r', mutants: ['a.ts: 1'] }])).toEqual([]);
  expect(objections(result, [])).toEqual(['survives, and no reason is listed: a.ts: 1']);
  expect(objections(result, [{ reason: ' ', mutants: ['a.ts: 1', 'a.ts: 2', 'not-judged.ts: 1'] }])).toEqual([
    'is listed as a survivor, and is none: a.ts: 2',
    'a reason is empty',
  ]);
});

test('a source that is another than the one that was judged, or gone, is stale', () => {
  const [[file, judged] = []] = Object.entries(readResult()).filter(([name]) =>
    stale(readResult()).every((other) => other !== name),
  );
  expect(stale({ [file!]: judged! })).toEqual([]);
  expect(stale({ [file!]: { ...judged!, source: '0' }, 'lib/policy/gone.ts': judged! })).toEqual([
    file,
    'lib/policy/gone.ts',
  ]);
});
