import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objections, readSurvivors, ROOT } from './result.js';

const listed = readSurvivors();

test('every mutant that may live has a reason, and is a place that the sources still have', () => {
  expect(listed.filter(({ reason }) => reason.trim() === '')).toEqual([]);
  const mutants = listed.flatMap((one) => one.mutants);
  expect(new Set(mutants).size).toBe(mutants.length);
  for (const mutant of mutants) {
    const [, file = '', text = ''] = /^([^:]+): \w+: (.*?)…? → /.exec(mutant) ?? [];
    const source = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\s+/g, ' ');
    expect([mutant, source.includes(text.trim())]).toEqual([mutant, true]);
  }
});

test('a mutant that lives without a reason, and a reason for one that does not live, are objections', () => {
  const result = { 'a.ts': { mutants: 2, killed: 1, endless: 0, survivors: ['a'] } };
  expect(objections(result, [{ reason: 'r', mutants: ['a'] }])).toEqual([]);
  expect(objections(result, [])).toEqual(['survives, and no reason is listed: a']);
  expect(objections(result, [{ reason: ' ', mutants: ['a', 'b'] }])).toEqual([
    'is listed as a survivor, and is none: b',
    'a reason is empty',
  ]);
});
