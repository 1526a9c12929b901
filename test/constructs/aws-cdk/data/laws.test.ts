import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cfnLint } from '../../../support/aws/cfn-lint.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { type Template, templatesOf } from '../../../support/aws/template.js';
import { protectedStores } from './world.js';

const folder = mkdtempSync(join(tmpdir(), 'data-laws-'));
let templates: Template[];
beforeAll(() => {
  protectedStores({ outdir: folder }).app.synth();
  templates = templatesOf(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('cfn-lint has nothing to say', async () => {
  expect(await cfnLint(templates)).toEqual([]);
});

test.each(LAWS.map((law) => [law.name, law] as const))('%s', (_name, law) => {
  expect(law.broken(templates)).toEqual([]);
});
