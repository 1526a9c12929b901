import type { Resource } from './template.js';
import { joined, type Properties, type Reference, Text, type Unknown, type Value } from './value.js';

/*
 * Readers of values as CloudFormation takes them: a boolean may be a text, a number too, one may stand for a list of
 * one. Each says `undefined` for what is absent, and gives a `Text` back where something is open.
 */

export function isMap(value: Value): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Text);
}

/** One or many. */
export function listOf(value: Value): readonly Value[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

/** Those of a list that are objects. */
export function mapsOf(value: Value): readonly Properties[] {
  return listOf(value).filter(isMap);
}

/** A key of an object, whatever else is there. */
export function at(value: Value, ...path: readonly string[]): Value {
  let here = value;
  for (const key of path) {
    if (here instanceof Text) return here;
    if (!isMap(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** A text, or what is open. A number or a boolean is taken for its text, as CloudFormation does. */
export function text(value: Value): string | Text | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' || value instanceof Text ? value : undefined;
}

/** A text as words to look at: what is open reads `${…}`, what is no text reads as nothing. */
export function words(value: Value): string {
  const found = text(value);
  return found === undefined ? '' : found.toString();
}

/** `true`, `"true"`, `"True"`; a Text where it is open. */
export function boolean(value: Value): boolean | Text | undefined {
  if (value instanceof Text) return value;
  const word = words(value).toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

/** `300`, `"300"`; a Text where it is open. */
export function number(value: Value): number | Text | undefined {
  if (value instanceof Text || typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

/** Whether anything of it only a deployment knows. What refers to a resource of the deployment is known. */
export function openIn(value: Value): Unknown | undefined {
  if (value instanceof Text)
    return value.parts.find((part): part is Unknown => typeof part !== 'string' && part.kind === 'unknown');
  if (Array.isArray(value)) return first((value as readonly Value[]).map(openIn));
  return isMap(value) ? first(Object.values(value).map(openIn)) : undefined;
}

/** A value that is one hole and nothing else. */
export function lone(value: Value): Text['parts'][number] | undefined {
  return value instanceof Text && value.parts.length === 1 ? value.parts[0] : undefined;
}

/** Resources that a value names. */
export function referencesIn(value: Value): readonly Reference[] {
  if (value instanceof Text)
    return value.parts.filter(
      (part): part is Reference => typeof part !== 'string' && part.kind === 'reference',
    );
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap(referencesIn);
  return isMap(value) ? Object.values(value).flatMap(referencesIn) : [];
}

export function refersTo(value: Value, resource: Resource): boolean {
  return referencesIn(value).some((reference) => reference.resource === resource);
}

/** An object that may be written as JSON text, as properties of the type Json may; with holes where that has some. */
export function document(value: Value): Value {
  const parts = typeof value === 'string' ? [value] : value instanceof Text ? value.parts : [];
  const [start] = parts;
  if (typeof start !== 'string' || !/^\s*[[{]/.test(start)) return value;
  try {
    const marked = parts.map((part, index) => (typeof part === 'string' ? part : `\uE000${index}\uE001`));
    return JSON.parse(marked.join(''), (_, item: Value) => unmarked(item, parts)) as Value;
  } catch {
    return value;
  }
}

/** What was a hole in a text is one again. */
function unmarked(item: Value, parts: Text['parts']): Value {
  if (isMap(item)) {
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [words(holes(key, parts)), inner]));
  }
  return typeof item === 'string' ? holes(item, parts) : item;
}

function holes(text: string, parts: Text['parts']): string | Text {
  const pieces = text.split(/\uE000(\d+)\uE001/);
  return pieces.length === 1
    ? text
    : joined(pieces.map((piece, at) => (at % 2 ? parts[Number(piece)]! : piece)));
}

/** A value as a finding shows it. */
export function shown(value: Value): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Text) return value.toString();
  return JSON.stringify(value, (_, item: Value) => (item instanceof Text ? item.toString() : item));
}

function first<T>(items: readonly (T | undefined)[]): T | undefined {
  return items.find((item) => item !== undefined);
}
