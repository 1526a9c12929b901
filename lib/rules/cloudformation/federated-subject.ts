import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { actionsIn, type Statement, statementsOf, type Test, testsOf } from './support/policy.js';
import { at, isMap, listOf, openIn, shown, text, words } from './support/read.js';
import type { Value } from './support/value.js';

const ACTION = 'sts:assumerolewithwebidentity';
const EXPECTED = 'StringEquals on `sub` and on `aud` of the provider';

/** The same law as `lib/rules/federated-subject` has for the pipelines of a model. */
export const federatedSubject: TemplateCheck = {
  id: 'federated-subject',
  severity: 'error',
  reason:
    'A trust without an exact `sub` is one with every repository, branch or account that the provider has tokens for; without `aud`, with tokens that were meant for others.',
  fix: 'Test `<provider>:sub` and `<provider>:aud` with StringEquals and whole values: `repo:owner/name:ref:refs/heads/main` or `repo:owner/name:environment:production`. `PipelineRole` does.',
  types: ['AWS::IAM::Role'],
  run(role, reading) {
    const policy = reading.get(role, 'AssumeRolePolicyDocument');
    const statements = statementsOf(policy);
    const path = ['AssumeRolePolicyDocument'];
    if (!statements) return [undecided(path, policy, EXPECTED)];
    return statements
      .filter((statement) => statement.allows && actionsIn(statement, [ACTION]).length > 0)
      .flatMap((statement) => trust([...path, 'Statement', statement.index], statement));
  },
};

function trust(path: PropertyPath, statement: Statement): TemplateFinding[] {
  const { principal, condition } = statement;
  const providers = isMap(principal) ? listOf(principal['Federated']) : listOf(principal);
  if (providers.length === 0) return [];
  const tests = testsOf(condition);
  if (!tests) return [undecided([...path, 'Condition'], condition as Value, EXPECTED)];
  // Identity pools of Cognito are told by `aud`; a `sub` of theirs is one user.
  const isPool = providers.every((provider) => provider === 'cognito-identity.amazonaws.com');
  const found = (isPool ? ['aud'] : ['sub', 'aud']).flatMap((claim) => pinned(path, claim, tests));
  const pullRequest = tests
    .filter(({ key }) => isOf(key, 'sub'))
    .flatMap(({ values }) => values)
    .find((value) => /^repo:.*:pull_request$/.test(words(value)));
  if (found.length > 0 || pullRequest === undefined) return found;
  return [
    violation([...path, 'Condition'], 'whoever opens a pull request comes in', {
      found: shown(pullRequest),
      expected: 'the subject of one ref or environment',
    }),
  ];
}

/** Whether one test holds a claim to whole values. */
function pinned(path: PropertyPath, claim: string, tests: readonly Test[]): TemplateFinding[] {
  const about = tests.filter(({ key }) => isOf(key, claim));
  const ways = about.map(exact);
  if (ways.includes(true)) return [];
  // Each claim has a place of its own, so that neither hides the other.
  const place = [...path, 'Condition', claim];
  const open = about.find((_, index) => ways[index] === undefined);
  if (open) return [undecided(place, open.values, EXPECTED)];
  const found =
    about.length === 0
      ? `no \`${claim}\``
      : about.map((test) => `${test.operator} ${shown(test.values)}`).join(', ');
  return [violation(place, `\`${claim}\` is not held to whole values`, { found, expected: EXPECTED })];
}

function isOf(key: string, claim: string): boolean {
  return key.toLowerCase().endsWith(`:${claim}`);
}

/** `…IfExists` and `ForAllValues` admit a token without the claim; a wildcard admits more than one subject. */
function exact({ operator, values }: Test): boolean | undefined {
  const [, like] = /^(?:ForAnyValue:)?String(?:Equals|EqualsIgnoreCase|(Like))$/i.exec(operator) ?? [
    '',
    'no',
  ];
  if (like === 'no' || values.length === 0) return false;
  if (values.some((value) => openIn(at(value)))) return undefined;
  return !like || !values.some((value) => /[*?]/.test(String(text(value) ?? '*')));
}
