import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { isOf, pinned, SUBJECT_AND_AUDIENCE } from './support/claims.js';
import { certificateTrust, isSaml, samlTrust } from './support/federation.js';
import { actionsIn, type Statement, statementsOf, testsOf } from './support/policy.js';
import { isMap, listOf, shown, words } from './support/read.js';
import type { Value } from './support/value.js';

const [WEB, SAML, ASSUME] = [
  'sts:assumerolewithwebidentity',
  'sts:assumerolewithsaml',
  'sts:assumerole',
] as const;

/** The same law as `lib/rules/federated-subject` has for the pipelines of a model. */
export const federatedSubject: TemplateCheck = {
  id: 'federated-subject',
  severity: 'error',
  reason:
    'A trust without an exact `sub` is one with every repository, branch or account that the provider has tokens for; without `aud`, with tokens that were meant for others. So is one with every certificate below a trust anchor of IAM Roles Anywhere.',
  fix: 'Test `<provider>:sub` and `<provider>:aud` with StringEquals and whole values: `repo:owner/name:ref:refs/heads/main` or `repo:owner/name:environment:production`. `PipelineRole` does. Of SAML test SAML:aud and an attribute of the user, of IAM Roles Anywhere aws:PrincipalTag/x509Subject/CN.',
  types: ['AWS::IAM::Role'],
  run(role, reading) {
    const policy = reading.get(role, 'AssumeRolePolicyDocument');
    const statements = statementsOf(policy);
    const path = ['AssumeRolePolicyDocument'];
    if (!statements) return [undecided(path, policy, SUBJECT_AND_AUDIENCE)];
    return statements
      .filter(({ allows }) => allows)
      .flatMap((statement) => {
        const place = [...path, 'Statement', statement.index];
        const allowed = actionsIn(statement, [WEB, SAML, ASSUME]);
        return [
          ...(allowed.includes(WEB) ? trust(place, statement) : []),
          ...(allowed.includes(SAML) ? samlTrust(place, statement) : []),
          ...(allowed.includes(ASSUME) ? certificateTrust(place, statement) : []),
        ];
      });
  },
};

function trust(path: PropertyPath, statement: Statement): TemplateFinding[] {
  const { principal, condition } = statement;
  const providers = (isMap(principal) ? listOf(principal['Federated']) : listOf(principal)).filter(
    (provider) => !isSaml(provider),
  );
  if (providers.length === 0) return [];
  const tests = testsOf(condition);
  if (!tests) return [undecided([...path, 'Condition'], condition as Value, SUBJECT_AND_AUDIENCE)];
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
