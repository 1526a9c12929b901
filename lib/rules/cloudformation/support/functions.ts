import { CONDITION_FUNCTIONS } from './parameters.js';
import { at, listOf, lone, openIn, text, words } from './read.js';
import type { Reading } from './reading.js';
import { attributeOf, imported, reference } from './references.js';
import { isRecord, type Template } from './template.js';
import { joined, partsOf, Text, unknown, type Value } from './value.js';

type Compute = (reading: Reading, template: Template, argument: unknown) => Value;

const FUNCTIONS: Readonly<Record<string, Compute>> = {
  Ref: (reading, template, name) => reference(reading, template, String(name)),
  'Fn::GetAtt': (reading, template, argument) => {
    const [logicalId, ...attribute] =
      typeof argument === 'string' ? argument.split('.') : listOf(evaluate(reading, template, argument));
    return attributeOf(reading, template, words(logicalId), attribute.map(words).join('.'));
  },
  'Fn::If': (reading, template, argument) => {
    const [condition, then, otherwise] = itemsOf(argument);
    return evaluate(
      reading,
      template,
      conditionHolds(reading, template, String(condition)) ? then : otherwise,
    );
  },
  'Fn::Join': (reading, template, argument) => {
    const [delimiter, items] = itemsOf(argument);
    const values = listOf(evaluate(reading, template, items));
    return joined(
      values.flatMap((item, index) => [...(index > 0 ? [String(delimiter)] : []), ...partsOf(item)]),
    );
  },
  'Fn::Sub': (reading, template, argument) => {
    const [format, variables] = itemsOf(argument);
    return substitute(reading, template, String(format), isRecord(variables) ? variables : {});
  },
  'Fn::Select': (reading, template, argument) => {
    const [index, items] = itemsOf(argument);
    const at = text(evaluate(reading, template, index));
    const list = evaluate(reading, template, items);
    return Array.isArray(list) && typeof at === 'string'
      ? (list as Value[])[Number(at)]
      : unknown('Fn::Select');
  },
  'Fn::Split': (reading, template, argument) => {
    const [delimiter, source] = itemsOf(argument);
    return split(String(delimiter), evaluate(reading, template, source));
  },
  'Fn::FindInMap': findInMap,
  'Fn::ImportValue': (reading, template, argument) => {
    const name = evaluate(reading, template, argument);
    const found = typeof name === 'string' ? reading.deployment.importedBy(template, name) : [];
    return imported(reading, template, `the import ${words(name)}`, found);
  },
  'Fn::ToJsonString': (reading, template, argument) => {
    const value = evaluate(reading, template, argument);
    return openIn(value) ? unknown('Fn::ToJsonString') : JSON.stringify(value);
  },
  'Fn::Length': (reading, template, argument) => {
    const list = evaluate(reading, template, argument);
    return Array.isArray(list) ? list.length : unknown('Fn::Length');
  },
};

/** A value with its functions computed, as far as this world tells. */
export function evaluate(reading: Reading, template: Template, raw: unknown): Value {
  if (typeof raw === 'string') return joined([raw]);
  if (Array.isArray(raw)) {
    return (raw as unknown[])
      .map((item) => evaluate(reading, template, item))
      .filter((item) => item !== undefined);
  }
  if (!isRecord(raw)) return raw as Value;
  const [[name, argument] = [], ...more] = Object.entries(raw);
  if (name !== undefined && more.length === 0) {
    const compute = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : CONDITION_FUNCTIONS[name];
    // An object of any kind may have one key called `Condition`.
    if (compute && (name !== 'Condition' || typeof argument === 'string'))
      return compute(reading, template, argument);
    // `Fn::GetAZs`, `Fn::Cidr`, `Fn::Base64`, `Fn::Transform`, and what is yet to come.
    if (name.startsWith('Fn::')) return unknown(name);
  }
  return Object.fromEntries(
    Object.entries(raw)
      .map(([key, item]) => [key, evaluate(reading, template, item)] as const)
      .filter(([, item]) => item !== undefined),
  );
}

/** Whether a condition of a template's own section holds in this world. */
export function conditionHolds(reading: Reading, template: Template, name: string): boolean {
  const condition = template.section('Conditions')[name];
  const either = () => reading.world.choose(`${template.name}:condition:${name}`, [true, false]);
  if (condition === undefined) return either();
  return reading.unlessCircular(
    `${template.name}:condition:${name}`,
    () => evaluate(reading, template, condition) === true,
    either,
  );
}

function itemsOf(argument: unknown): unknown[] {
  return Array.isArray(argument) ? (argument as unknown[]) : [argument];
}

function substitute(
  reading: Reading,
  template: Template,
  format: string,
  variables: Readonly<Record<string, unknown>>,
): Value {
  const pieces = format.split(/(\$\{[^}]*\})/);
  return joined(
    pieces.flatMap((piece) => {
      const name = /^\$\{([^}]*)\}$/.exec(piece)?.[1]?.trim();
      if (name === undefined) return [piece];
      if (name.startsWith('!')) return [`\${${name.slice(1)}}`];
      if (Object.hasOwn(variables, name)) return partsOf(evaluate(reading, template, variables[name]));
      const [logicalId = '', ...attribute] = name.split('.');
      return partsOf(
        attribute.length > 0
          ? attributeOf(reading, template, logicalId, attribute.join('.'))
          : reference(reading, template, name),
      );
    }),
  );
}

function split(delimiter: string, source: Value): Value {
  if (typeof source === 'string') return source.split(delimiter);
  if (!(source instanceof Text)) return unknown('Fn::Split');
  const items: (string | Exclude<Text['parts'][number], string>)[][] = [[]];
  for (const part of source.parts) {
    if (typeof part !== 'string') items.at(-1)!.push(part);
    else
      part
        .split(delimiter)
        .forEach((piece, index) => (index === 0 ? items.at(-1)!.push(piece) : items.push([piece])));
  }
  return items.map(joined);
}

function findInMap(reading: Reading, template: Template, argument: unknown): Value {
  const [name, ...keys] = itemsOf(argument).map((item) => evaluate(reading, template, item));
  const preset = at(keys[2], 'DefaultValue');
  let here: unknown = typeof name === 'string' ? template.section('Mappings')[name] : undefined;
  for (const key of keys.slice(0, 2)) {
    if (!isRecord(here)) break;
    // In which region, or under which of its keys, only the deployment knows: each is looked at.
    const options = preset === undefined ? Object.keys(here) : [...Object.keys(here), undefined];
    const chosen = lone(key)
      ? reading.world.choose(`${template.name}:map:${words(name)}:${words(key)}`, options)
      : words(key);
    here = chosen === undefined || !Object.hasOwn(here, chosen) ? undefined : here[chosen];
  }
  return here === undefined ? (preset ?? unknown('Fn::FindInMap')) : evaluate(reading, template, here);
}
