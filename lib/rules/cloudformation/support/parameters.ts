import { listOf, lone, openIn, words } from './read.js';
import type { Reading } from './reading.js';
import { isRecord, type Template } from './template.js';
import { Text, unknown, type Value } from './value.js';

type Compute = (reading: Reading, template: Template, argument: unknown) => Value;

/** Functions that stand in conditions only. */
export const CONDITION_FUNCTIONS: Readonly<Record<string, Compute>> = {
  Condition: (reading, template, name) => reading.holds(template, String(name)),
  'Fn::And': (reading, template, items) =>
    listOf(reading.evaluate(template, items)).every((item) => item === true),
  'Fn::Or': (reading, template, items) =>
    listOf(reading.evaluate(template, items)).some((item) => item === true),
  'Fn::Not': (reading, template, items) => listOf(reading.evaluate(template, items))[0] !== true,
  'Fn::Equals': equals,
};

function equals(reading: Reading, template: Template, operands: unknown): boolean {
  const raw = Array.isArray(operands) ? (operands as unknown[]) : [];
  const [left, right] = raw.map((operand) => reading.evaluate(template, operand));
  if (otherThan(left, right) || otherThan(right, left)) return false;
  if (!(left instanceof Text) && !(right instanceof Text)) return scalar(left) === scalar(right);
  if (words(left) === words(right)) return true;
  // A value has one value: of many comparisons with it, one at most holds.
  const [expression, literal] = left instanceof Text ? [raw[0], right] : [raw[1], left];
  if (literal instanceof Text)
    return reading.world.choose(`${template.name}:equals:${JSON.stringify(raw)}`, [true, false]);
  const others = [...reading.deployment.comparedWith(template, expression), undefined];
  return (
    reading.world.choose(`${template.name}:value:${JSON.stringify(expression)}`, others) === scalar(literal)
  );
}

function scalar(value: Value): string {
  return typeof value === 'object' ? JSON.stringify(value) : words(value);
}

function otherThan(value: Value, literal: Value): boolean {
  const hole = openIn(value);
  return hole?.otherThan?.includes(words(literal)) ?? false;
}

/**
 * A parameter: what the parent stack passes; else each value that is allowed, or that a condition tells from others;
 * else its default. Without any of these only the deployment knows.
 */
export function parameter(reading: Reading, template: Template, name: string): Value {
  const parent = reading.deployment.parentOf(template);
  const given = parent && reading.get(parent, 'Parameters');
  if (parent && given && typeof given === 'object' && Object.hasOwn(given, name)) {
    return (given as Readonly<Record<string, Value>>)[name];
  }
  const declared = template.section('Parameters')[name];
  if (!isRecord(declared)) return unknown(name);
  const type = words(declared['Type'] as Value);
  const open = unknown(`the parameter ${name}`);
  // The default is the name of a parameter in Systems Manager, not its value.
  if (type.startsWith('AWS::SSM::Parameter')) return open;
  const chosen = chooseValue(reading, template, name, declared);
  if (chosen instanceof Text || lone(chosen)) return chosen;
  const isList = /^(CommaDelimitedList|List<)/.test(type);
  return isList
    ? words(chosen)
        .split(',')
        .map((item) => item.trim())
    : chosen;
}

function chooseValue(
  reading: Reading,
  template: Template,
  name: string,
  { AllowedValues: allowed, Default: preset }: Readonly<Record<string, unknown>>,
): Value {
  const choose = (options: readonly Value[]): Value =>
    options.length === 1 ? options[0] : reading.world.choose(`${template.name}:parameter:${name}`, options);
  if (Array.isArray(allowed)) return choose((allowed as unknown[]).map(String));
  const compared = reading.deployment.comparedWith(template, { Ref: name });
  const known = [...new Set([...(preset === undefined ? [] : [words(preset as Value)]), ...compared])];
  // A value that is none of those in the conditions is one more world, unless the default is such a value.
  const isOther = preset !== undefined && !compared.includes(words(preset as Value));
  const other = new Text([{ kind: 'unknown', why: `the parameter ${name}`, otherThan: known }]);
  return choose(isOther ? known : [...known, other]);
}
