import { at, document, isMap, listOf, mapsOf, text } from './read.js';
import { Text, type Properties, type Value } from './value.js';

/** A statement of an IAM policy, as IAM reads it: one stands for a list of one, names of actions know no case. */
export interface Statement {
  readonly index: number;
  readonly allows: boolean;
  readonly actions: readonly (string | Text)[];
  readonly notActions: readonly (string | Text)[];
  readonly resources: readonly Value[];
  readonly notResources: readonly Value[];
  readonly principal: Value;
  readonly notPrincipal: Value;
  readonly condition: Value;
  readonly raw: Properties;
}

/** Statements of a policy, which may be JSON in a text. `undefined` where the whole is open. */
export function statementsOf(policy: Value): readonly Statement[] | undefined {
  const parsed = document(policy);
  if (parsed instanceof Text) return undefined;
  const statements = at(parsed, 'Statement');
  if (statements instanceof Text) return undefined;
  return listOf(statements).flatMap((raw, index) => (isMap(raw) ? [statement(raw, index)] : []));
}

function statement(raw: Properties, index: number): Statement {
  return {
    index,
    allows: text(raw['Effect']) !== 'Deny',
    actions: actionsOf(raw['Action']),
    notActions: actionsOf(raw['NotAction']),
    resources: listOf(raw['Resource']),
    notResources: listOf(raw['NotResource']),
    principal: raw['Principal'],
    notPrincipal: raw['NotPrincipal'],
    condition: raw['Condition'],
    raw,
  };
}

function actionsOf(value: Value): (string | Text)[] {
  return listOf(value).flatMap((item) => {
    const action = text(item);
    return action === undefined ? [] : [typeof action === 'string' ? action.toLowerCase() : action];
  });
}

/** Whether a pattern with `*` and `?` covers a text. IAM knows no other wildcard. */
export function covers(pattern: string, subject: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(subject);
}

/** Which of some actions a statement is about: `kms:Sign` by `kms:*`, `*`, `kms:S?gn` or a `NotAction` without it. */
export function actionsIn(statement: Statement, wanted: readonly string[]): readonly string[] {
  const named = (patterns: readonly (string | Text)[], action: string) =>
    patterns.some((pattern) => typeof pattern === 'string' && covers(pattern, action));
  return wanted.filter(
    (action) =>
      named(statement.actions, action) ||
      (statement.notActions.length > 0 && !named(statement.notActions, action)),
  );
}

/** A condition: operator, key and what it is compared with. */
export interface Test {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly Value[];
}

/** `undefined` where the conditions are open. */
export function testsOf(condition: Value): readonly Test[] | undefined {
  if (condition === undefined) return [];
  if (!isMap(condition)) return undefined;
  const tests: Test[] = [];
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isMap(keys)) return undefined;
    for (const [key, values] of Object.entries(keys)) tests.push({ operator, key, values: listOf(values) });
  }
  return tests;
}

/** Policies that are written inside a user, group or role: each with its place. */
export function inlinePolicies(policies: Value): readonly (readonly [number, Value])[] {
  return mapsOf(policies).map((policy, index) => [index, policy['PolicyDocument']] as const);
}
