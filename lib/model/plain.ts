import { type Diagnostic, excerpt } from '../diagnostic.js';
import { elementPath } from './element-path.js';

/** Values in a model: 50,000 large rules come to about a million. */
const MAX_VALUES = 2_000_000;
const MAX_DEPTH = 32;

/** Keys that mean something else to JavaScript than to JSON. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** The lists of rules. */
const RULES: ReadonlySet<PropertyKey | undefined> = new Set(['access', 'egress']);

interface Copying {
  readonly path: PropertyKey[];
  /** The objects that the current one is in. */
  readonly inside: Set<object>;
  readonly diagnostics: Diagnostic[];
  values: number;
}

/**
 * A copy of a model as plain data, without the builders' objects around it: own,
 * ready-made values in plain objects and lists, and nothing else, so that what is checked is what is
 * used. No getter is called. An undefined value counts as absent, as in TypeScript.
 */
export function plainCopy(input: unknown): { value: unknown; diagnostics: Diagnostic[] } {
  const state: Copying = { path: [], inside: new Set(), diagnostics: [], values: 0 };
  try {
    const value = copy(input, state);
    return { value, diagnostics: state.diagnostics };
  } catch (error) {
    // Too large; or the trap of a proxy.
    const reason =
      error instanceof TooLarge ? error.message : `reading the model fails: ${excerpt(String(error))}`;
    report(state, error instanceof TooLarge ? 'too-large' : 'not-plain-data', reason);
    return { value: undefined, diagnostics: state.diagnostics };
  }
}

class TooLarge extends Error {}

function copy(value: unknown, state: Copying): unknown {
  if (++state.values > MAX_VALUES) {
    state.path.length = 0;
    throw new TooLarge(`a model has at most ${MAX_VALUES} values`);
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    return report(state, 'invalid-text', 'the text has half of a surrogate pair, which is no Unicode');
  }
  if (typeof value !== 'object' || value === null) return value;
  if (state.inside.has(value)) return report(state, 'cycle', 'the model contains itself here');
  if (state.path.length >= MAX_DEPTH) throw new TooLarge(`a model is at most ${MAX_DEPTH} levels deep`);
  state.inside.add(value);
  const result = Array.isArray(value) ? copyList(value, state) : copyObject(value, state);
  state.inside.delete(value);
  return result;
}

function copyList(list: readonly unknown[], state: Copying): unknown {
  if (list.length > MAX_VALUES) throw new TooLarge(`a model has at most ${MAX_VALUES} values`);
  const result: unknown[] = [];
  for (let index = 0; index < list.length; index++) result.push(copyElement(list, index, state));
  return result;
}

function copyObject(object: object, state: Copying): unknown {
  const kind = kindOf(object);
  if (kind === 'other') return report(state, 'not-plain-data', 'this is no plain object', describe(object));
  if (kind === 'rule') return copy(Object.getOwnPropertyDescriptor(object, 'rule')?.value, state);
  const result: Record<string, unknown> = {};
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === 'symbol') {
      report(state, 'not-plain-data', `the key ${String(key)} is no text`);
    } else if (FORBIDDEN_KEYS.has(key)) {
      state.path.push(key);
      report(state, 'forbidden-key', 'no element may have this key', excerpt(key));
      state.path.pop();
    } else if (!key.isWellFormed()) {
      report(state, 'invalid-text', 'a key is no well-formed text', excerpt(key));
    } else if (key === 'to' && state.path.length === 2 && RULES.has(state.path[0])) {
      const to = state.path[0] === 'egress' ? 'destination' : 'service';
      const remedy = `end it with \`.to(${to}, …operations)\``;
      report(state, 'incomplete-rule', 'the rule says for whom, but not what', undefined, remedy);
    } else {
      const value = copyElement(object, key, state);
      if (value !== undefined) result[key] = value;
    }
  }
  return result;
}

function copyElement(parent: object, key: string | number, state: Copying): unknown {
  const property = Object.getOwnPropertyDescriptor(parent, key);
  state.path.push(key);
  const value =
    property && !('value' in property)
      ? report(state, 'not-plain-data', 'the value is computed by a getter')
      : copy(property?.value, state);
  state.path.pop();
  return value;
}

/**
 * What an object is. The builders' objects are known by shape: a model file may bring its own copy
 * of this package. So are plain objects: it may also run in a realm of its own.
 */
function kindOf(object: object): 'plain' | 'rule' | 'other' {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype) return 'plain';
  const has = (name: string) => typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function';
  if (Object.getPrototypeOf(prototype) === null && has('isPrototypeOf')) return 'plain';
  const own = Reflect.ownKeys(object);
  if (own.length === 1 && own[0] === 'rule' && has('named') && has('audited')) return 'rule';
  if (own.includes('service') && has('onBehalfOf')) return 'plain';
  return 'other';
}

function describe(object: object): string {
  const prototype = Object.getPrototypeOf(object) as object;
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof constructor !== 'function') return 'an object with a prototype of its own';
  return `an instance of ${constructor.name || 'a class'}`;
}

/** What to do about what only one code can mean. */
const REMEDIES: Readonly<Record<string, string>> = {
  cycle: 'write it out, or leave it out: a model is a tree',
  'too-large': 'divide the platform into several models',
  'forbidden-key': 'give it another name',
  'invalid-text': 'write whole characters',
};

function report(
  state: Copying,
  code: string,
  message: string,
  found?: string,
  remedy = REMEDIES[code],
): undefined {
  const path = elementPath(state.path);
  const detail = { ...(found !== undefined && { found }), ...(remedy !== undefined && { remedy }) };
  const expected =
    code === 'not-plain-data' ? { expected: 'data as JSON has it, or what a builder returns' } : {};
  state.diagnostics.push({ code, severity: 'error', path, message, ...expected, ...detail });
  return undefined;
}
