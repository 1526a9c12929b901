import type { AccessRule, ClaimTest, PolicyPrincipal } from '../../lib/index.js';
import { RuleIndex } from '../../lib/rules/support/rule-index.js';

const group = (value: string): ClaimTest => ({ claim: ['groups'], test: 'contains', value });
const member = (...groups: string[]): PolicyPrincipal => ({
  kind: 'token',
  issuer: 'people',
  claims: groups.map(group),
});
const rule = (id: string, principals: readonly PolicyPrincipal[], ...operations: string[]): AccessRule => ({
  id,
  effect: 'allow',
  principals,
  operations: operations as AccessRule['operations'],
  conditions: [],
});

/** The cost of the checks that use the index: how many rules each rule is compared with. */
const found = (rules: readonly AccessRule[], wanted: AccessRule) =>
  new RuleIndex(rules).candidates(wanted).map(({ id }) => id);

test('a rule is compared with those only that ask for one of its own things', () => {
  const rules = Array.from({ length: 1000 }, (_, index) =>
    rule(`r${index}`, [member(`g${index}`)], 'GET /a/{x}'),
  );
  const all = rule('all', [member()], 'GET /**');
  const other = rule('other', [{ ...member('g7'), issuer: 'partners' } as PolicyPrincipal], 'GET /**');
  expect(found([...rules, all, other], rules[7]!)).toEqual(['all', 'r7']);
  expect(found([...rules, all, other], rule('both', [member('g7', 'g8')], 'GET /a/b'))).toEqual([
    'all',
    'r7',
    'r8',
  ]);
});

test.each([
  ['GET /a/b', ['GET /a/b', 'GET /a/{x}', 'GET /{x}/b', 'GET /a/**', 'GET /**', 'GET /a/b/**']],
  ['GET /a/{y}', ['GET /a/{x}', 'GET /a/**', 'GET /**']],
  ['GET /a/**', ['GET /a/**', 'GET /**']],
  ['GET /', ['GET /**']],
  ['PUT /a/b', []],
])('%s is covered by', (operation, expected) => {
  const operations = [
    'GET /a/b',
    'GET /a/{x}',
    'GET /{x}/b',
    'GET /a/**',
    'GET /**',
    'GET /a/b/**',
    'GET /a',
    'GET /a/b/c',
  ];
  const rules = operations.map((each) => rule(each, [{ kind: 'anyone' }], each));
  expect(found(rules, rule('wanted', [{ kind: 'anyone' }], operation)).sort()).toEqual([...expected].sort());
});

test('of very many only the first are looked at, and a rule with very many places not at all', () => {
  const same = Array.from({ length: 1000 }, (_, index) => rule(`r${index}`, [member('g')], 'GET /a'));
  expect(found(same, same[999]!)).toHaveLength(64);
  const many = Array.from({ length: 100 }, (_, index) => `GET /${index}`);
  const wide = rule(
    'wide',
    many.map((name) => member(name)),
    ...many,
  );
  expect(found([wide], rule('x', [member('GET /1')], 'GET /1'))).toEqual([]);
});
