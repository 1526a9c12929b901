import { isRecord } from '../../../../lib/rules/cloudformation/support/template.js';
import type { Example, Sections } from './example.js';

interface Spelling {
  readonly name: string;
  readonly value: unknown;
  readonly sections?: Sections;
}

/** How CloudFormation lets a scalar be written, all of the same meaning. */
function spellingsOf(literal: string | number | boolean): readonly Spelling[] {
  const text = String(literal);
  const half = Math.ceil(text.length / 2);
  const sub = text.replaceAll('${', '${!');
  return [
    { name: 'as a text', value: text },
    { name: 'by Fn::Sub', value: { 'Fn::Sub': [`${sub}\${Rest}`, { Rest: '' }] } },
    { name: 'by Fn::Join', value: { 'Fn::Join': ['', [text.slice(0, half), text.slice(half)]] } },
    {
      name: 'by a default',
      value: { Ref: 'ZtpP' },
      sections: { Parameters: { ZtpP: { Type: 'String', Default: text } } },
    },
    {
      name: 'by the one value that is allowed',
      value: { Ref: 'ZtpP' },
      sections: { Parameters: { ZtpP: { Type: 'String', AllowedValues: [literal] } } },
    },
    {
      name: 'in both branches of Fn::If',
      value: { 'Fn::If': ['ZtpC', literal, text] },
      sections: { Conditions: { ZtpC: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] } } },
    },
    {
      name: 'from a mapping',
      value: { 'Fn::FindInMap': ['ZtpM', { Ref: 'AWS::Region' }, 'v'] },
      sections: { Mappings: { ZtpM: { 'eu-west-1': { v: text }, 'eu-central-1': { v: text } } } },
    },
    {
      name: 'by Fn::Select of Fn::Split',
      value: { 'Fn::Select': ['1', { 'Fn::Split': ['|', `x|${text}`] }] },
    },
  ];
}

/** An example, and the same in every other spelling of the value at its place. */
export function inEverySpelling([name, template, path]: Example): readonly (readonly [string, Sections])[] {
  if (!path) return [[name, template]];
  const literal = valueAt(template, path);
  if (typeof literal !== 'string' && typeof literal !== 'number' && typeof literal !== 'boolean') {
    throw new Error(`${name}: no scalar at ${path.join('.')}`);
  }
  return [
    [name, template],
    ...spellingsOf(literal).map((spelling) => {
      const varied = replaced(template, path, spelling.value) as Sections;
      return [`${name}, ${spelling.name}`, merged(varied, spelling.sections ?? {})] as const;
    }),
  ];
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((here, key) => (here as Readonly<Record<string, unknown>>)[key], value);
}

export function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return (value as unknown[]).map((item, index) => (index === key ? replaced(item, rest, by) : item));
  }
  const record = isRecord(value) ? value : {};
  return { ...record, [key]: replaced(record[key], rest, by) };
}

export function merged(template: Sections, sections: Sections): Sections {
  const result: Record<string, unknown> = { ...template };
  for (const [name, section] of Object.entries(sections)) {
    result[name] = { ...(template[name] as Sections | undefined), ...(section as Sections) };
  }
  return result;
}
