import { ZeroTrustError } from '../diagnostic.js';

/** A value that only a deployment knows, always a whole value, never spliced into text. */
export interface Ref {
  readonly ref: string;
}

/** What a ref stands for at one place. */
export type RefValues = Readonly<Record<string, string | number | boolean>>;

/** A JSON document with refs in it. */
export type Template =
  | Ref
  | null
  | boolean
  | number
  | string
  | readonly Template[]
  | { readonly [name: string]: Template | undefined };

/** A value is missing for a ref; nothing is rendered. */
export class MissingRefError extends ZeroTrustError {
  constructor(readonly ref: string) {
    super('missing-ref', `no value for the ref "${ref}"; the configuration is not rendered without it`);
  }
}

export function ref(name: string): Ref {
  return { ref: name };
}

function isRef(value: object): value is Ref {
  // Nearly no object has it, so most are told apart by this alone.
  if (typeof (value as Partial<Ref>).ref !== 'string') return false;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'ref';
}

/** Put the values in. Throws `MissingRefError` at the first ref without a value. */
export function substitute(template: Template, values: RefValues): unknown {
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((item: Template) => substitute(item, values));
  if (isRef(template)) {
    if (!Object.hasOwn(values, template.ref)) throw new MissingRefError(template.ref);
    return values[template.ref];
  }
  // Every cold start comes by here with a whole policy, when pairs and callbacks cost most.
  const written = template as { readonly [name: string]: Template | undefined };
  const members: [name: string, value: unknown][] = [];
  for (const name of Object.keys(written)) {
    const value = written[name];
    if (value !== undefined) members.push([name, substitute(value, values)]);
  }
  return Object.fromEntries(members);
}

/** Every ref of a template, sorted. */
export function refsOf(template: Template): string[] {
  const found = new Set<string>();
  const visit = (value: Template | undefined): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value) && isRef(value)) found.add(value.ref);
    else for (const item of Object.values(value)) visit(item as Template);
  };
  visit(template);
  return [...found].sort();
}
