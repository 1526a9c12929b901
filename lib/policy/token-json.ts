import type { JsonObject } from './request.js';

/** Objects and lists within one another, the outermost counted: Envoy's reader goes no deeper (measured). */
const MAX_DEPTH = 100;

/** A byte order mark stays, so that it is refused: every point's reader refuses it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The JSON object in a token's header or payload; undefined for anything that two readers could take
 * for different objects: doubled names, numbers beyond a double, lone surrogates, bytes that are not
 * UTF-8, deep nesting.
 */
export function parseTokenJson(bytes: Uint8Array): JsonObject | undefined {
  let text: string;
  let value: unknown;
  try {
    text = UTF8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  // The reader keeps the last of two equal names, so a doubled one is a member that is written but not there.
  return membersIn(value, 1) === membersWritten(text) ? (value as JsonObject) : undefined;
}

/** The members of every object in a value; NaN, which equals nothing, if the value is not acceptable. */
function membersIn(value: unknown, depth: number): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value === 'string') return value.isWellFormed() ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) return Number.NaN;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += membersIn(item, depth + 1);
    return members;
  }
  for (const [name, item] of Object.entries(value)) {
    if (!name.isWellFormed()) return Number.NaN;
    members += 1 + membersIn(item, depth + 1);
  }
  return members;
}

/** The colons of a JSON text outside its strings: one for each member. */
function membersWritten(text: string): number {
  let members = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') inString = !inString;
    else if (character === '\\') at++;
    else if (character === ':' && !inString) members++;
  }
  return members;
}
