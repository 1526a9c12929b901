import type { Json, JsonObject } from '../../lib/policy/request.js';

/** Members whose keys are a model's own names. */
const MAPS = new Set(['services', 'issuers', 'audiences', 'requiredClaims']);

/**
 * Every distinct shape of a document's parts, in document order: the path to it, with names of the model and
 * places in lists left open, and with what tells the parts of a union apart.
 */
export function shapesOf(document: Json): string[] {
  const found = new Set<string>();
  const visit = (node: Json, shape: string): void => {
    if (shape !== '') found.add(shape);
    for (const [label, child] of children(node, shape)) visit(child, label);
  };
  visit(document, '');
  return [...found];
}

/** The document without whatever has that shape; undefined if nothing has. */
export function without(document: Json, shape: string): Json | undefined {
  let changed = false;
  const kept = (node: Json, here: string): Json | undefined => {
    if (here === shape) {
      changed = true;
      return undefined;
    }
    // Nothing below is on the way.
    if (here !== '' && !shape.startsWith(here)) return node;
    const left = children(node, here).map(([label, child, key]) => [key, kept(child, label)] as const);
    if (Array.isArray(node)) return left.flatMap(([, child]) => (child === undefined ? [] : [child]));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(left.filter((member): member is [string, Json] => member[1] !== undefined));
  };
  const result = kept(document, '');
  return changed ? result : undefined;
}

function children(node: Json, here: string): [label: string, child: Json, key: string][] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) {
    return (node as readonly Json[]).map((child, at) => [`${here}[${variantOf(child)}]`, child, String(at)]);
  }
  const isMap = MAPS.has(/[^.]*$/.exec(here)?.[0] ?? '');
  return Object.entries(node as JsonObject).map(([key, child]) => [
    `${here}${here === '' ? '' : '.'}${isMap ? '*' : key}`,
    child,
    key,
  ]);
}

/** Which member of its union an element of a list is. */
function variantOf(node: Json): string {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return '';
  const { effect, kind, test } = node as JsonObject;
  return [effect, kind, test].filter((one) => typeof one === 'string').join(' ');
}
