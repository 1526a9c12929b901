import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import {
  actionsIn,
  covers,
  inlinePolicies,
  type Statement,
  statementsOf,
  testsOf,
} from './support/policy.js';
import { isMap, listOf, lone, openIn, shown, text, words } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { Text, type Value } from './support/value.js';

/** What makes a certificate or a token, with an ARN of what it acts on. */
const SIGNS: Readonly<Record<string, { readonly type: string; readonly arn: string }>> = {
  'kms:sign': {
    type: 'AWS::KMS::Key',
    arn: 'arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f',
  },
  'acm-pca:issuecertificate': {
    type: 'AWS::ACMPCA::CertificateAuthority',
    arn: 'arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f',
  },
};

/** Policies that AWS keeps and that hold one of the two. */
const MANAGED =
  /(?:^|[:/])(?:AdministratorAccess|PowerUserAccess|AWS(?:CertificateManager)?PrivateCA(?:FullAccess|PrivilegedUser|User))$/;
const EXPECTED = 'neither kms:Sign nor acm-pca:IssueCertificate';

export const workloadSigns: TemplateCheck = {
  id: 'workload-signs',
  severity: 'error',
  reason:
    'Whoever can sign with the key of an authority can be anyone: a workload with kms:Sign or acm-pca:IssueCertificate issues itself the identity of every other.',
  fix: 'Take the right away, and let an authority issue (`CertificateAuthority`). Of the authority itself deny kms:Sign to everyone but its role in the key policy (`ArnNotEquals` on aws:PrincipalArn), or acknowledge it.',
  types: [
    'AWS::IAM::Role',
    'AWS::IAM::User',
    'AWS::IAM::Group',
    'AWS::IAM::Policy',
    'AWS::IAM::ManagedPolicy',
    'AWS::IAM::RolePolicy',
    'AWS::IAM::UserPolicy',
    'AWS::IAM::GroupPolicy',
    'AWS::KMS::Key',
  ],
  run(resource, reading) {
    if (resource.type === 'AWS::KMS::Key') return keyPolicy(resource, reading);
    const policies: (readonly [PropertyPath, Value])[] = inlinePolicies(
      reading.get(resource, 'Policies'),
    ).map(([index, policy]) => [['Policies', index, 'PolicyDocument'], policy]);
    const own = reading.get(resource, 'PolicyDocument');
    if (own !== undefined) policies.push([['PolicyDocument'], own]);
    return [
      ...policies.flatMap(([path, policy]) => inPolicy(path, policy, reading)),
      ...managed(resource, reading),
    ];
  },
};

function inPolicy(path: PropertyPath, policy: Value, reading: Reading): TemplateFinding[] {
  const statements = statementsOf(policy);
  if (!statements) return [undecided(path, policy, EXPECTED)];
  const denied = statements
    .filter(
      ({ allows, condition, resources }) => !allows && condition === undefined && resources.includes('*'),
    )
    .flatMap((statement) => actionsIn(statement, Object.keys(SIGNS)));
  return statements
    .filter(({ allows }) => allows)
    .flatMap((statement): TemplateFinding[] => {
      const at = [...path, 'Statement', statement.index];
      const actions = actionsIn(statement, Object.keys(SIGNS)).filter((action) => !denied.includes(action));
      const able = actions.map((action) => [action, reach(action, statement, reading)] as const);
      const signing = able.filter(([, way]) => way === true).map(([action]) => action);
      if (signing.length > 0) {
        const found = `${signing.join(', ')} by ${shown(statement.raw['Action'] ?? { NotAction: statement.raw['NotAction'] ?? [] })}`;
        return [violation(at, 'what has this policy can sign or issue', { found, expected: EXPECTED })];
      }
      const open = [...statement.actions, ...statement.notActions].find((action) => openIn(action));
      if (open !== undefined) return [undecided(at, open, EXPECTED)];
      const unclear = able.some(([, way]) => way === undefined);
      return unclear ? [undecided(at, statement.raw['Resource'] as Value, EXPECTED)] : [];
    });
}

/** Whether a statement's resources hold something that can be signed with; `undefined` where that is open. */
function reach(action: string, statement: Statement, reading: Reading): boolean | undefined {
  const named = statement.actions.includes(action);
  // AWS services that act for a caller encrypt and decrypt; none signs.
  if (!named && testsOf(statement.condition)?.some(({ key }) => /^kms:ViaService$/i.test(key))) return false;
  const { type, arn } = SIGNS[action]!;
  if (statement.notResources.length > 0) {
    return !statement.notResources.some((item) => typeof item === 'string' && covers(item, arn));
  }
  const ways = statement.resources.map((item) => one(item, type, arn, reading));
  if (ways.includes(true)) return true;
  if (!ways.includes(undefined)) return false;
  return named ? true : undefined;
}

function one(item: Value, type: string, arn: string, reading: Reading): boolean | undefined {
  const hole = lone(item);
  // What begins with the ARN of another kind of resource is inside that.
  const [start] = item instanceof Text ? item.parts : [];
  if (typeof start === 'object' && start.kind === 'reference' && start.resource.type !== type) return false;
  if (typeof hole === 'object' && hole.kind === 'reference') {
    if (type !== 'AWS::KMS::Key') return true;
    const usage = text(reading.get(hole.resource, 'KeyUsage'));
    if (usage instanceof Text) return undefined;
    return usage === 'SIGN_VERIFY' && !guarded(statementsOf(reading.get(hole.resource, 'KeyPolicy')) ?? []);
  }
  if (typeof hole === 'object') return undefined;
  const pattern =
    item instanceof Text
      ? item.parts.map((part) => (typeof part === 'string' ? part : '*')).join('')
      : words(item);
  // Any key of any region will do, so only the service must fit where the pattern names one.
  const service = pattern.split(':')[2];
  if (service === undefined) return covers(pattern, arn);
  return pattern.startsWith('arn:') && covers(service, arn.split(':')[2]!) ? true : covers(pattern, arn);
}

/** A key's own policy gives rights too: to the account's root it only leaves them to IAM, to a role it gives them. */
function keyPolicy(key: Resource, reading: Reading): TemplateFinding[] {
  const usage = text(reading.get(key, 'KeyUsage'));
  if (usage !== 'SIGN_VERIFY' && !(usage instanceof Text)) return [];
  const policy = reading.get(key, 'KeyPolicy');
  const statements = statementsOf(policy);
  if (!statements) return [undecided(['KeyPolicy'], policy, EXPECTED)];
  if (guarded(statements)) return [];
  return statements
    .filter((statement) => statement.allows && actionsIn(statement, ['kms:sign']).length > 0)
    .filter(({ principal }) => !isRoot(principal))
    .map(({ index, principal }) => {
      const path = ['KeyPolicy', 'Statement', index];
      if (usage instanceof Text) return undecided(path, usage, 'ENCRYPT_DECRYPT');
      const detail = { found: shown(principal), expected: 'a deny for everyone but the one role that signs' };
      return violation(path, 'who is named here can sign, and others may be added', detail);
    });
}

/** Whether the right to sign is denied to everyone but roles that are named: then these are the authority. */
function guarded(statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    if (statement.allows || actionsIn(statement, ['kms:sign']).length === 0) return false;
    const tests = testsOf(statement.condition);
    if (statement.notPrincipal !== undefined) return tests?.length === 0;
    const { principal } = statement;
    const everyone = principal === '*' || (isMap(principal) && listOf(principal['AWS']).includes('*'));
    const [test, ...more] = tests ?? [];
    return (
      everyone &&
      more.length === 0 &&
      test !== undefined &&
      /^(?:Arn|String)Not(?:Equals|Like)$/i.test(test.operator) &&
      /^aws:PrincipalArn$/i.test(test.key) &&
      test.values.every((value) => !/^\*|^arn:[^/]*\*$/.test(words(value)))
    );
  });
}

function isRoot(principal: Value): boolean {
  const named = isMap(principal) ? Object.values(principal).flatMap(listOf) : listOf(principal);
  return named.every((value) => /:root$|^\d{12}$|^\$\{AWS::AccountId\}$/.test(words(value)));
}

function managed(resource: Resource, reading: Reading): TemplateFinding[] {
  const list = reading.get(resource, 'ManagedPolicyArns');
  return listOf(list).flatMap((item, index) => {
    const path = ['ManagedPolicyArns', index];
    const tail = item instanceof Text ? item.parts.at(-1) : item;
    if (typeof tail === 'string' && MANAGED.test(tail)) {
      const message = 'what has this policy can sign or issue';
      return [violation(path, message, { found: shown(item), expected: EXPECTED })];
    }
    if (isMap(item) || openIn(item)) return [undecided(path, item, EXPECTED)];
    return [];
  });
}
