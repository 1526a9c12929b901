import { type TemplateCheck, type TemplateFinding, undecided, violation } from './support/check.js';
import { deniesOthers, narrows } from './support/caller.js';
import { type Statement, statementsOf, testsOf } from './support/policy.js';
import { document, isMap, listOf, openIn, shown, text, words } from './support/read.js';
import { Text, type Value } from './support/value.js';

/** "VPC Lattice quotas": an auth policy. */
const LARGEST = 10 * 1024;

const EXPECTED = 'principals by their ARNs, or a condition that names them';

export const latticePrincipal: TemplateCheck = {
  id: 'lattice-principal',
  severity: 'error',
  reason:
    'Principal "*" in an auth policy is every caller, unsigned ones too, who reaches the service network. A policy above 10 KB is refused.',
  fix: 'Name the roles that call in `Principal`, or narrow "*" by `aws:PrincipalArn` (with its account), `aws:PrincipalOrgID` or the source VPC, in the statement or by a deny for all others. A tag of the caller narrows nothing: any account sets tags.',
  types: ['AWS::VpcLattice::AuthPolicy', 'AWS::VpcLattice::ResourcePolicy'],
  run(policy, reading) {
    const value = reading.get(policy, 'Policy');
    const statements = statementsOf(value);
    if (!statements) return [undecided(['Policy'], value, EXPECTED)];
    const size = (JSON.stringify(document(value)) ?? '').length;
    const large = size > LARGEST;
    return [
      ...(large
        ? [
            violation(['Policy'], 'VPC Lattice takes no policy of this size', {
              found: `${size} characters`,
              expected: `at most ${LARGEST}`,
            }),
          ]
        : []),
      ...statements.flatMap((statement) => open(statement, statements)),
    ];
  },
};

function open(statement: Statement, all: readonly Statement[]): TemplateFinding[] {
  const path = ['Policy', 'Statement', statement.index, 'Principal'];
  if (!statement.allows) return [];
  const anyone = statement.notPrincipal !== undefined || principals(statement.principal).includes('*');
  if (!anyone) {
    const hole = openIn(statement.principal);
    return hole ? [undecided(path, statement.principal, EXPECTED)] : [];
  }
  const tests = testsOf(statement.condition);
  if (!tests) return [undecided([...path.slice(0, -1), 'Condition'], statement.condition, EXPECTED)];
  const ways = [...tests.map(narrows), ...all.map((other) => deniesOthers(other, statement))];
  if (ways.includes(true)) return [];
  const hole = ways.find((way) => way instanceof Text);
  if (hole !== undefined) return [undecided([...path.slice(0, -1), 'Condition'], hole, EXPECTED)];
  return [
    violation(path, 'everybody who reaches the network may call', {
      found: shown(statement.principal ?? statement.notPrincipal),
      expected: EXPECTED,
    }),
  ];
}

function principals(value: Value): readonly (string | undefined)[] {
  const all = isMap(value) && !(value instanceof Text) ? Object.values(value).flatMap(listOf) : listOf(value);
  return all.map((item) => (typeof text(item) === 'string' ? words(item) : undefined));
}
