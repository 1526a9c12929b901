import { excerpt } from '../diagnostic.js';

/** Where an element is in the model, from its root. */
export type ElementPath = readonly PropertyKey[];

const PLAIN_KEY = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/** The path as a user would write it: `access[2].operations[0]`, `identity.providers.people`. */
export function elementPath(path: ElementPath): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (typeof key === 'string' && PLAIN_KEY.test(key) && key.length <= 64)
      text += `${text && '.'}${key}`;
    else text += `[${typeof key === 'string' ? excerpt(key) : String(key)}]`;
  }
  return text;
}

const STEP = /\.?([A-Za-z_$][A-Za-z0-9_$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** The keys of a path that `elementPath` has written, as far as it tells them: a long key is cut short there. */
export function parseElementPath(text: string): ElementPath {
  const keys: PropertyKey[] = [];
  STEP.lastIndex = 0;
  for (let step = STEP.exec(text); step; step = STEP.exec(text)) {
    const [, name, index, quoted] = step;
    if (index !== undefined) keys.push(Number(index));
    else keys.push(name ?? (JSON.parse(quoted ?? '""') as string));
  }
  return keys;
}

/** The value at a path of own properties, or undefined. */
export function valueAt(root: unknown, path: ElementPath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
