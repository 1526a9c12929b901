import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TemplateDiagnostic, TEMPLATE_CHECKS } from '../../../lib/rules/cloudformation/index.js';
import { runTemplateChecks } from '../../../lib/rules/cloudformation/support/run.js';
import { cell, expectDocumented } from './documented.js';
import { EXAMPLES } from './examples/index.js';
import type { Example, Sections } from './examples/example.js';
import { inEverySpelling } from './examples/spellings.js';

const FOLDER = join(__dirname, '..', '..', '..', 'lib', 'rules', 'cloudformation');

test('a check is a file, named after its id, and has examples', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));
  const ids = TEMPLATE_CHECKS.map(({ id }) => id);
  expect(files.sort()).toEqual([...ids, 'index'].sort().map((id) => `${id}.ts`));
  expect(Object.keys(EXAMPLES).sort()).toEqual([...ids].sort());
});

test('a reason and a fix are sentences', () => {
  for (const { id, reason, fix } of TEMPLATE_CHECKS) {
    expect([id, /^[A-Z].{30,}\.$/s.test(reason), /^[A-Z`].{20,}\.$/s.test(fix)]).toEqual([id, true, true]);
  }
});

describe.each(TEMPLATE_CHECKS)('$id', (check) => {
  const { violating, compliant, undecided = [] } = EXAMPLES[check.id]!;
  const findings = (template: Sections): TemplateDiagnostic[] =>
    runTemplateChecks([{ name: 'T', template }], [check]).filter(({ logicalId }) => logicalId === 'It');
  const spelled = (examples: readonly Example[]) => examples.flatMap(inEverySpelling);

  test('has at least five spellings of the mistake and five of its twin', () => {
    expect(spelled(check.id === 'unread-resource' ? undecided : violating).length).toBeGreaterThanOrEqual(5);
    expect(spelled(compliant).length).toBeGreaterThanOrEqual(5);
  });

  // What has no mistakes has only what it cannot tell.
  if (violating.length > 0)
    test.each(spelled(violating))('violating: %s', (_, template) => {
      const found = findings(template);
      expect(found.map(({ undecided: open }) => open)).toContain(false);
      expect(found[0]).toMatchObject({ code: check.id, severity: check.severity, remedy: check.fix });
    });

  test.each(spelled(compliant))('compliant: %s', (_, template) => {
    expect(findings(template)).toEqual([]);
  });

  if (undecided.length === 0) return;
  test.each(spelled(undecided))('undecided: %s', (_, template) => {
    const found = findings(template);
    expect(found.map(({ undecided: open, severity }) => [open, severity])).toContainEqual([true, 'warning']);
    expect(found.filter(({ undecided: open }) => !open)).toEqual([]);
  });
});

test.each([
  ['arn:aws:iam::111122223333:root', 0],
  ['111122223333', 0],
  ['arn:aws:iam::444455556666:root', 1],
  ['444455556666', 1],
  [{ 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' }, 0],
])('a signing key that is left to the account %p', (principal, count) => {
  const statement = { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: principal } };
  const template = {
    Resources: {
      It: {
        Type: 'AWS::KMS::Key',
        Properties: { KeyUsage: 'SIGN_VERIFY', KeyPolicy: { Statement: statement } },
      },
    },
  };
  const check = TEMPLATE_CHECKS.filter(({ id }) => id === 'workload-signs');
  const found = runTemplateChecks([{ name: 'T', template, account: '111122223333' }], check);
  expect(found).toHaveLength(count);
});

test('the page lists every check as it declares itself', () => {
  const rows = TEMPLATE_CHECKS.map(
    ({ id, severity, reason, fix }) => `| \`${id}\` | ${severity} | ${cell(reason)} | ${cell(fix)} |\n`,
  );
  expectDocumented('rules', `| Rule | | Why | What to do |\n|---|---|---|---|\n${rows.join('')}`);
});
