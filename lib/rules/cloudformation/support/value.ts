import type { Resource } from './template.js';

/** Another resource of what is deployed, or one of its attributes. */
export interface Reference {
  readonly kind: 'reference';
  readonly resource: Resource;
  /** Absent for `Ref`. */
  readonly attribute?: string;
}

/** `AWS::Region` and its like, where the region of a stack is not said. */
export interface Pseudo {
  readonly kind: 'pseudo';
  readonly name: string;
}

/** What only a deployment knows. */
export interface Unknown {
  readonly kind: 'unknown';
  /** Where it comes from: `the parameter Policy`, `an import of Net:Vpc`. */
  readonly why: string;
  /** Values that it is known not to be. */
  readonly otherThan?: readonly string[];
}

export type Hole = Reference | Pseudo | Unknown;

/** A text with holes, of which at least one is there: without any it is a string. */
export class Text {
  constructor(readonly parts: readonly (string | Hole)[]) {}

  /** As a person would write it: `arn:aws:s3:::${Bucket}/*`. */
  toString(): string {
    return this.parts.map((part) => (typeof part === 'string' ? part : `\${${nameOf(part)}}`)).join('');
  }
}

/** A value of a template in one world: every intrinsic function is gone, and what it could not tell is a hole. */
export type Value =
  | undefined
  | null
  | string
  | number
  | boolean
  | Text
  | readonly Value[]
  | { readonly [key: string]: Value };

export type Properties = Readonly<Record<string, Value>>;

export function unknown(why: string): Text {
  return new Text([{ kind: 'unknown', why }]);
}

/** "{{resolve:ssm:…}}": CloudFormation replaces it at deployment. */
const DYNAMIC = '{{resolve:';

/** Text from its parts, a string if nothing is open. */
export function joined(parts: readonly (string | Hole)[]): string | Text {
  const whole = parts.map((part) => (typeof part === 'string' ? part : '?')).join('');
  if (whole.includes(DYNAMIC)) return unknown('a dynamic reference');
  const merged: (string | Hole)[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (typeof part === 'string' && typeof last === 'string') merged[merged.length - 1] = last + part;
    else if (part !== '') merged.push(part);
  }
  if (merged.length === 0) return '';
  const [only] = merged;
  return merged.length === 1 && typeof only === 'string' ? only : new Text(merged);
}

/** The parts of a value that stands in a text. */
export function partsOf(value: Value): readonly (string | Hole)[] {
  if (value instanceof Text) return value.parts;
  if (value === undefined || value === null) return [];
  if (typeof value === 'object') return [JSON.stringify(value)];
  return [String(value)];
}

function nameOf(hole: Hole): string {
  if (hole.kind === 'reference') return [hole.resource.logicalId, hole.attribute].filter(Boolean).join('.');
  return hole.kind === 'pseudo' ? hole.name : `? ${hole.why}`;
}
