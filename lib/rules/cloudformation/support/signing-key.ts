import { actionsIn, type Statement, testsOf } from './policy.js';
import { isMap, listOf, openIn, referencesIn, text, words } from './read.js';
import type { Reading } from './reading.js';
import type { Resource } from './template.js';
import { Text, unknown, type Value } from './value.js';

export const KEY_TYPES = ['AWS::KMS::Key', 'AWS::KMS::ReplicaKey'];

/** What a key is for: `SIGN_VERIFY`, `GENERATE_VERIFY_MAC`, … A replica is for what its primary key is for. */
export function usageOf(key: Resource, reading: Reading): string | Text {
  if (key.type !== 'AWS::KMS::ReplicaKey') return text(reading.get(key, 'KeyUsage')) ?? 'ENCRYPT_DECRYPT';
  const [primary] = referencesIn(reading.get(key, 'PrimaryKeyArn'));
  return primary?.resource.type === 'AWS::KMS::Key'
    ? usageOf(primary.resource, reading)
    : unknown(`the key that ${key.logicalId} is a replica of`);
}

/** Whether a key policy denies an action to everyone but roles that it names: these then are the authority. */
export function guarded(statements: readonly Statement[], action: string): boolean | Text {
  const guards = statements
    .filter((statement) => !statement.allows && actionsIn(statement, [action]).length > 0)
    .map(guard);
  return guards.includes(true) || (guards.find((one) => one instanceof Text) ?? false);
}

function guard(statement: Statement): boolean | Text {
  const tests = testsOf(statement.condition);
  if (statement.notPrincipal !== undefined) return tests?.length === 0;
  const { principal } = statement;
  const everyone = principal === '*' || (isMap(principal) && listOf(principal['AWS']).includes('*'));
  const [test, ...more] = tests ?? [];
  if (!everyone || more.length > 0 || test === undefined) return false;
  if (!/^(?:Arn|String)Not(?:Equals|Like)$/i.test(test.operator)) return false;
  if (!/^aws:PrincipalArn$/i.test(test.key)) return false;
  const open = test.values.find((value) => openIn(value));
  if (open !== undefined) return text(open) instanceof Text ? (open as Text) : false;
  return test.values.every(namesOne);
}

/** `arn:…:role/authority`, `arn:…:role/authority-*`, a role of the template; not `role/*`, which is each of them. */
function namesOne(value: Value): boolean {
  if (value instanceof Text && referencesIn(value).length > 0) return !/[*?]/.test(words(value));
  return /^[^*?]*:(?:role|user|assumed-role)\/[^*?]/.test(words(value));
}

/** Whether a principal is the account of the key itself, which only leaves its rights to IAM. */
export function isOwnAccount({ principal, notPrincipal }: Statement, account: string | undefined): boolean {
  if (notPrincipal !== undefined) return false;
  const named = isMap(principal) ? Object.values(principal).flatMap(listOf) : listOf(principal);
  return named.every((value) => {
    const [, root, id] = /^arn:.*:iam::(.*):root$|^(\d{12}|\$\{AWS::AccountId\})$/.exec(words(value)) ?? [];
    const owner = root ?? id;
    if (owner === undefined) return false;
    return owner === '${AWS::AccountId}' || account === undefined || owner === account;
  });
}
