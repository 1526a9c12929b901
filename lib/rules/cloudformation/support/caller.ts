import { covers, type Statement, type Test, testsOf } from './policy.js';
import { isMap, listOf, openIn, words } from './read.js';
import { Text, type Value } from './value.js';

/** Keys that tell who calls, with what a pattern of theirs must not leave open. AWS sets them, no caller does. */
const CALLER: readonly (readonly [RegExp, (pattern: string) => boolean])[] = [
  // Any account may have a role of any name, so the account must be said.
  [/^aws:(?:PrincipalArn|SourceVpcArn)$/i, (arn) => /^[^:*?]*:[^:]*:[^:]*:[^:]*:[^:*?]+:/.test(arn)],
  [/^aws:(?:Principal|Source)OrgPaths$/i, (path) => /^o-[^/*?]+\//.test(path)],
  [/^aws:userid$/i, (id) => /^[^:*?]+(?::|$)/.test(id)],
  [
    /^(?:aws:(?:Principal|Source)(?:OrgID|Account)|aws:SourceVpc|vpc-lattice-svcs:SourceVpc(?:OwnerAccount)?)$/i,
    (whole) => whole !== '' && !/[*?]/.test(whole),
  ],
];

/** Whether a condition admits known callers only; what it hangs on where a value is open. */
export function narrows({ operator, key, values }: Test): boolean | Text {
  return isPositive(operator) && known(key, values);
}

/** Whether a statement denies an allowed one to all but known callers. */
export function deniesOthers(statement: Statement, allowed: Statement): boolean | Text {
  if (statement.allows || statement.notActions.length > 0 || statement.notResources.length > 0) return false;
  const { principal } = statement;
  const everyone = principal === '*' || (isMap(principal) && listOf(principal['AWS']).includes('*'));
  const [test, ...more] = testsOf(statement.condition) ?? [];
  if (!everyone || test === undefined || more.length > 0) return false;
  // Without the key, as of an unsigned request, a negated operator holds too.
  if (!/^(?:String|Arn)Not(?:Equals|EqualsIgnoreCase|Like)(?:IfExists)?$/i.test(test.operator)) return false;
  const whole =
    coversAll(statement.actions, allowed.actions) && coversAll(statement.resources, allowed.resources);
  return whole && known(test.key, test.values);
}

function known(key: string, values: readonly Value[]): boolean | Text {
  const [, isKnown] = CALLER.find(([pattern]) => pattern.test(key)) ?? [];
  if (!isKnown || values.length === 0) return false;
  const open = values.find((value) => openIn(value));
  if (values.some((value) => !openIn(value) && !isKnown(patternOf(value)))) return false;
  return open === undefined ? true : open instanceof Text ? open : false;
}

/** A text with a word where a resource or a pseudo parameter stands; what is an attribute alone is a whole value. */
function patternOf(value: Value): string {
  if (!(value instanceof Text)) return words(value);
  const filled = value.parts.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  return filled === 'x' ? 'arn:x:x:x:x:x' : filled;
}

/** An operator that a caller must satisfy: `…IfExists`, `ForAllValues` and the negative ones admit who has none. */
function isPositive(operator: string): boolean {
  return /^(?:ForAnyValue:)?(?:String(?:Equals|EqualsIgnoreCase|Like)|Arn(?:Equals|Like))$/i.test(operator);
}

function coversAll(patterns: readonly Value[], subjects: readonly Value[]): boolean {
  return subjects.every((subject) => patterns.some((pattern) => covers(words(pattern), words(subject))));
}
