import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { actionsIn, inlinePolicies, statementsOf } from './support/policy.js';
import { isMap, listOf, openIn, shown } from './support/read.js';
import type { Reading } from './support/reading.js';
import { guardedBy, isManagedAndSigns, onlyForServices, reach, RIGHTS, rightsOn } from './support/signing.js';
import { guarded, isOwnAccount, KEY_TYPES, usageOf } from './support/signing-key.js';
import type { Resource } from './support/template.js';
import { Text, type Value } from './support/value.js';

const EXPECTED = 'neither kms:Sign nor acm-pca:IssueCertificate, nor what leads to them';

export const workloadSigns: TemplateCheck = {
  id: 'workload-signs',
  severity: 'error',
  reason:
    'Whoever can sign with the key of an authority can be anyone: a workload with kms:Sign, kms:GenerateMac or acm-pca:IssueCertificate issues itself the identity of every other, and kms:CreateGrant and kms:PutKeyPolicy on the key lead there.',
  fix: 'Take the right away, and let an authority issue (`CertificateAuthority`). Of the authority itself deny kms:Sign to everyone but its role in the key policy (`ArnNotEquals` on aws:PrincipalArn, by its name), or acknowledge it.',
  types: [
    'AWS::IAM::Role',
    'AWS::IAM::User',
    'AWS::IAM::Group',
    'AWS::IAM::Policy',
    'AWS::IAM::ManagedPolicy',
    'AWS::IAM::RolePolicy',
    'AWS::IAM::UserPolicy',
    'AWS::IAM::GroupPolicy',
    ...KEY_TYPES,
  ],
  run(resource, reading) {
    if (KEY_TYPES.includes(resource.type)) return keyPolicy(resource, reading);
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
    .flatMap((statement) => actionsIn(statement, Object.keys(RIGHTS)));
  return statements
    .filter(({ allows }) => allows)
    .flatMap((statement): TemplateFinding[] => {
      const at = [...path, 'Statement', statement.index];
      const actions = actionsIn(statement, Object.keys(RIGHTS)).filter((action) => !isDenied(action, denied));
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

/** Who may not sign gains nothing from what else it may do with a key. */
function isDenied(action: string, denied: readonly string[]): boolean {
  return denied.includes(action) || (RIGHTS[action]?.common === true && denied.includes('kms:sign'));
}

/** A key's own policy gives rights too: to the account's root it only leaves them to IAM, to a role it gives them. */
function keyPolicy(key: Resource, reading: Reading): TemplateFinding[] {
  const usage = usageOf(key, reading);
  // Who is given kms:Sign by a key's policy has a key that signs.
  const assumed = usage instanceof Text ? 'SIGN_VERIFY' : usage;
  const rights = rightsOn(assumed);
  if (rights.length === 0) return [];
  const policy = reading.get(key, 'KeyPolicy');
  const statements = statementsOf(policy);
  if (!statements) return [undecided(['KeyPolicy'], policy, EXPECTED)];
  return statements
    .filter((statement) => statement.allows && !isOwnAccount(statement, key.template.source.account))
    .flatMap((statement) => {
      const path = ['KeyPolicy', 'Statement', statement.index];
      const given = actionsIn(statement, rights).filter(
        (action) => !onlyForServices(statement, action, true),
      );
      const guards = given.map((action) => guarded(statements, guardedBy(action, assumed)));
      const open = guards.find((guard) => guard instanceof Text);
      if (!guards.includes(false)) return open ? [undecided(path, open, EXPECTED)] : [];
      if (usage instanceof Text && !statement.actions.includes('kms:sign')) {
        return [undecided(path, usage, 'ENCRYPT_DECRYPT')];
      }
      const found = shown(statement.principal ?? { NotPrincipal: statement.notPrincipal ?? [] });
      const detail = { found, expected: 'a deny for everyone but the one role that signs' };
      return [violation(path, 'who is named here can sign, and others may be added', detail)];
    });
}

function managed(resource: Resource, reading: Reading): TemplateFinding[] {
  const list = reading.get(resource, 'ManagedPolicyArns');
  return listOf(list).flatMap((item, index) => {
    const path = ['ManagedPolicyArns', index];
    if (isManagedAndSigns(item)) {
      const message = 'what has this policy can sign or issue';
      return [violation(path, message, { found: shown(item), expected: EXPECTED })];
    }
    if (isMap(item) || openIn(item)) return [undecided(path, item, EXPECTED)];
    return [];
  });
}
