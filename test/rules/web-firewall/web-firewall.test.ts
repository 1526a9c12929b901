import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkWebFirewall,
  WEB_FIREWALL_CHECKS,
  type WebFirewallDeclaration,
} from '../../../lib/rules/web-firewall/index.js';

const sound: WebFirewallDeclaration = {
  scope: 'REGIONAL',
  region: 'eu-west-1',
  rules: [
    { name: 'common', priority: 10, capacity: 700 },
    { name: 'sql', priority: 20, capacity: 200 },
  ],
  rates: [{ name: 'by-address', limit: 2000, window: 300 }],
  inspectedBody: 16,
};
const rules = (...capacities: number[]) =>
  capacities.map((capacity, index) => ({ name: `rule-${index}`, priority: index, capacity }));
const rate = (limit: number, window: number) => [{ name: 'by-address', limit, window }];

/** Per check: what is right up to the very limit, and what is wrong with the path that is named. */
const examples: Readonly<
  Record<
    string,
    {
      readonly compliant: readonly Partial<WebFirewallDeclaration>[];
      readonly violating: readonly (readonly [Partial<WebFirewallDeclaration>, string])[];
    }
  >
> = {
  'firewall-scope': {
    compliant: [
      { scope: 'CLOUDFRONT', region: 'us-east-1' },
      { scope: 'CLOUDFRONT', region: undefined },
    ],
    violating: [[{ scope: 'CLOUDFRONT' }, 'scope']],
  },
  'inspected-body': {
    compliant: [{ inspectedBody: 64 }],
    violating: [
      [{ inspectedBody: 8 }, 'inspectedBody'],
      [{ inspectedBody: 128 }, 'inspectedBody'],
    ],
  },
  'rate-limit': {
    compliant: [{ rates: rate(10, 60) }, { rates: [] }],
    violating: [
      [{ rates: rate(9, 60) }, 'rates[0].limit'],
      [{ rates: rate(10.5, 60) }, 'rates[0].limit'],
    ],
  },
  'rate-window': {
    compliant: [60, 120, 300, 600].map((window) => ({ rates: rate(100, window) })),
    violating: [
      [{ rates: rate(100, 61) }, 'rates[0].window'],
      [{ rates: [...rate(100, 60), ...rate(100, 30)] }, 'rates[1].window'],
    ],
  },
  'rule-priority': {
    compliant: [{ rules: rules(1, 2, 3) }],
    violating: [
      [{ rules: [...rules(1), { name: 'other', priority: 0, capacity: 1 }] }, 'rules[1]'],
      [{ rules: [...rules(1), { name: 'rule-0', priority: 7, capacity: 1 }] }, 'rules[1]'],
    ],
  },
  'web-capacity': {
    compliant: [{ rules: rules(2500, 2500) }],
    violating: [[{ rules: rules(2500, 2501) }, 'rules']],
  },
  'web-capacity-fee': {
    compliant: [{ rules: rules(1500) }],
    violating: [[{ rules: rules(1501) }, 'rules']],
  },
};

const pathsOf = (declaration: Partial<WebFirewallDeclaration>, id: string) =>
  checkWebFirewall({ ...sound, ...declaration })
    .filter(({ code }) => code === id)
    .map(({ path }) => path);

test('a check is a file, named after its id, and has examples', () => {
  const folder = join(__dirname, '..', '..', '..', 'lib', 'rules', 'web-firewall');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort();
  const ids = WEB_FIREWALL_CHECKS.map(({ id }) => id);
  expect(files).toEqual([...ids, 'index'].map((id) => `${id}.ts`).sort());
  expect(Object.keys(examples).sort()).toEqual([...ids].sort());
});

test('a sound declaration has no finding', () => {
  expect(checkWebFirewall(sound)).toEqual([]);
});

describe.each(WEB_FIREWALL_CHECKS)('$id', ({ id, severity }) => {
  const { compliant, violating } = examples[id]!;

  test.each(compliant.map((declaration, index) => ({ declaration, index })))(
    'compliant $index',
    ({ declaration }) => expect(pathsOf(declaration, id)).toEqual([]),
  );

  test.each(violating.map(([declaration, path], index) => ({ declaration, path, index })))(
    'violating $index',
    ({ declaration, path }) => {
      expect(pathsOf(declaration, id)).toEqual([path]);
      const found = checkWebFirewall({ ...sound, ...declaration }).find(({ code }) => code === id);
      expect(found?.severity).toBe(severity);
      expect(found?.remedy).toMatch(/\w/);
    },
  );
});
