import { type Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { referenceOf } from './same-value.js';
import { writtenIn } from './written-in.js';

/** What is looked for: something that templates name by references to it, and by its name. */
export interface Sought {
  /** A construct of the stack that has it. */
  readonly construct: IConstruct;
  /** ARN, name and whatever else stands for it, as texts or tokens. */
  readonly values: readonly string[];
}

/** The same as it is written in the template of one stack. */
interface Written {
  /** JSON of intrinsic functions, and their short forms in `Fn::Sub`. */
  readonly parts: readonly string[];
  /** The last part of a name. */
  readonly names: ReadonlySet<string>;
}

/**
 * Whether a value of a template names what is sought: by a reference, also one to an export or a parameter that
 * the CDK made for another stack, or by a literal name or ARN. A condition that might name it counts as well.
 * Ask while the tree is validated, when references across stacks have been written.
 */
export class Mentions {
  private readonly written = new Map<Stack, Written>();

  constructor(private readonly sought: Sought) {}

  isIn(stack: Stack, value: unknown): boolean {
    const { parts, names } = this.in(stack);
    const text = JSON.stringify(value) ?? '';
    return parts.some((part) => text.includes(part)) || leaves(value).some((leaf) => names.has(lastOf(leaf)));
  }

  private in(stack: Stack): Written {
    const known = this.written.get(stack);
    if (known) return known;
    const parts: string[] = [];
    const names = new Set<string>();
    for (const value of this.sought.values) {
      const found: unknown = Token.isUnresolved(value) ? stack.resolve(value) : value;
      if (typeof found === 'string') names.add(lastOf(found));
      else if (referenceOf(value)) {
        const text = writtenIn(stack, value);
        if (text !== undefined) parts.push(text, ...shortForms(found));
      }
    }
    const made = { parts, names };
    this.written.set(stack, made);
    return made;
  }
}

/** How `Fn::Sub` says it. */
function shortForms(intrinsic: unknown): string[] {
  const { Ref, 'Fn::GetAtt': attribute } = intrinsic as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  if (Ref !== undefined) return [`\${${Ref}}`];
  return attribute === undefined ? [] : [`\${${attribute.join('.')}}`];
}

/** Of an ARN or a path the name, without a revision. */
function lastOf(text: string): string {
  return text.split('/').at(-1)!.replace(/:\d+$/, '');
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leaves);
}
