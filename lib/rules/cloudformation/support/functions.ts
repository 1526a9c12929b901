import { CONDITION_FUNCTIONS, parameter } from './parameters.js';
import { at, document, isMap, listOf, lone, openIn, text, words } from './read.js';
import type { Reading } from './reading.js';
import type { Export } from './exports.js';
import { isRecord, type Resource, type Template } from './template.js';
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

function reference(reading: Reading, template: Template, name: string): Value {
  if (name === 'AWS::NoValue') return undefined;
  const { account, region } = template.source;
  if (name === 'AWS::Region' && region !== undefined) return region;
  if (name === 'AWS::AccountId' && account !== undefined) return account;
  if (name.startsWith('AWS::')) return new Text([{ kind: 'pseudo', name }]);
  const resource = template.resources.get(name);
  if (!resource) return parameter(reading, template, name);
  return isMadeUp(resource) ? unknown(name) : new Text([{ kind: 'reference', resource }]);
}

function attributeOf(reading: Reading, template: Template, logicalId: string, attribute: string): Value {
  const resource = template.resources.get(logicalId);
  const open = unknown(`${logicalId}.${attribute}`);
  if (!resource) return open;
  const nested = reading.deployment.nestedBy(resource);
  if (nested && attribute.startsWith('Outputs.')) {
    const output = nested.section('Outputs')[attribute.slice('Outputs.'.length)];
    if (!isRecord(output)) return open;
    return reading.unlessCircular(
      `${nested.name}:${attribute}`,
      () => evaluate(reading, nested, output['Value']),
      () => open,
    );
  }
  // The CDK's way to a key that is a token: JSON in a text, which a function of its own gives back as it is.
  if (resource.type === 'Custom::AWSCDKCfnJson' && attribute === 'Value') {
    return cfnJson(reading.get(resource, 'Value')) ?? open;
  }
  if (resource.type === 'Custom::CrossRegionExportReader') {
    const found = reading.deployment.readAcrossRegions(template, attribute);
    return imported(reading, template, `${logicalId}.${attribute}`, found);
  }
  if (resource.type === 'AWS::SSM::Parameter' && attribute === 'Value') return reading.get(resource, 'Value');
  return isMadeUp(resource, attribute) ? open : new Text([{ kind: 'reference', resource, attribute }]);
}

/** Whether a function, a template elsewhere or a provider of your own says what it is: then nothing is known of it. */
function isMadeUp({ type }: Resource, attribute = ''): boolean {
  return (
    !type.startsWith('AWS::') ||
    /^AWS::CloudFormation::(?:CustomResource|WaitCondition)$/.test(type) ||
    attribute.startsWith('Outputs.')
  );
}

/** What another stack hands on; each is looked at where it may be any of several. */
function imported(reading: Reading, template: Template, why: string, found: readonly Export[]): Value {
  if (found.length === 0) return unknown(why);
  const one = found.length === 1 ? found[0]! : reading.world.choose(`${template.name}:${why}`, found);
  return reading.unlessCircular(
    `${one.template.name}:${why}`,
    () => evaluate(reading, one.template, one.value),
    () => unknown(`${why}, which leads back to itself`),
  );
}

function cfnJson(value: Value): Value {
  if (!(value instanceof Text)) return document(value);
  const source = value.parts.map((part) => (typeof part === 'string' ? part : '${open}')).join('');
  const parsed = document(source);
  return isMap(parsed) ? parsed : undefined;
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
