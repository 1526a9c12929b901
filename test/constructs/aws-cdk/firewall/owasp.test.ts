import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OWASP, WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import { MANAGED_GROUPS, OWN_RULES } from '../../../../constructs/aws-cdk/firewall/managed-groups.js';
import { testStack } from '../support/app.js';

const text = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'aws', 'firewall.md'), 'utf8');

test('both lists are complete', () => {
  const numbers = (names: readonly (string | undefined)[]) =>
    [...new Set(names.flatMap((name) => (name === undefined ? [] : [name.slice(0, 3)])))].sort();
  const ten = Array.from({ length: 10 }, (_, index) => `A${String(index + 1).padStart(2, '0')}`);
  expect(numbers(OWASP.map(({ name2021 }) => name2021))).toEqual(ten);
  expect(numbers(OWASP.map(({ name2025 }) => name2025))).toEqual(ten);
});

test('every rule of the table is a rule of the firewall', () => {
  const rules = [...Object.values(MANAGED_GROUPS), ...Object.values(OWN_RULES)].map(({ name }) => name);
  for (const risk of OWASP) expect(rules).toEqual(expect.arrayContaining([...risk.rules]));
});

test('the table of the documentation is this one', () => {
  for (const { name2021 = '–', name2025, rules, platform } of OWASP) {
    const names = rules.length === 0 ? 'none' : rules.map((rule) => `\`${rule}\``).join(', ');
    expect(text).toContain(`| ${name2021} | ${name2025} | ${names} | ${platform} |`);
  }
});

test('the documentation has every rule with its capacity, and their sum', () => {
  for (const { name, capacity } of Object.values(MANAGED_GROUPS)) {
    expect(text).toMatch(new RegExp(`\\| \`${name}\` \\|.*\\| ${capacity}\\b`));
  }
  const { capacity } = new WebFirewall(testStack(), 'Firewall');
  expect(text).toContain(`The baseline takes ${capacity.toLocaleString('en')} WCU.`);
});
