import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ABILITIES,
  abilityTable,
  limitTable,
  stricterTable,
} from '../../../lib/policy/compile/abilities/index.js';

const DOCUMENT = readFileSync(join(__dirname, '../../../docs/policy.md'), 'utf8');
const targets = Object.values(ABILITIES);

test('docs/policy.md says what each target can express, as the targets declare it', () => {
  expect(DOCUMENT).toContain(`${abilityTable(targets)}\n`);
  expect(DOCUMENT).toContain(`${limitTable(targets)}\n`);
});

test('docs/authorizer.md says in what the authorizer is stricter than `decide`, as it declares', () => {
  const page = readFileSync(join(__dirname, '../../../docs/authorizer.md'), 'utf8');
  expect(page).toContain(`${stricterTable(targets)}\n`);
  expect(targets.filter(({ stricter }) => stricter).map(({ target }) => target)).toEqual(['authorizer']);
});

test('what a target refuses has a reason, and every limit a source', () => {
  for (const { operations, principals, conditions, dated, outcomes, told, limits } of targets) {
    const all = [operations, principals, conditions, dated, outcomes, told].flatMap((group) =>
      Object.values(group),
    );
    for (const { how, note } of all) if (how === 'refused') expect(note).toBeTruthy();
    for (const { source, most } of limits) expect([source !== '', most > 0]).toEqual([true, true]);
  }
});
