import { type Diagnostic, excerpt, InvalidModelError, type Place } from '../diagnostic.js';
import { type ElementPath, elementPath } from './element-path.js';

/** A string, or one of the characters that JSON is built with. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]/g;

/** An object with the keys seen so far, or a list; and the key or index of the current element. */
interface Level {
  readonly keys?: Set<string>;
  at: string | number;
}

/**
 * Read a model that is JSON text, strictly: a key that is there twice is an error, because two
 * readers could keep different ones. A `$schema` at the top is for editors, and left out.
 * Throws `InvalidModelError`, with the code `invalid-json` at `file` or `duplicate-key` at an element.
 */
export function parseModelJson(text: string, file = ''): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InvalidModelError([
      {
        code: 'invalid-json',
        severity: 'error',
        path: file,
        place: placeAt(text, faultOf(text, message), file),
        message: 'the text is not JSON',
        found: excerpt(message),
        expected: 'JSON without comments, byte order mark or comma before a closing bracket',
        remedy: 'correct it at this place, or write the model as YAML',
      },
    ]);
  }
  const duplicates = duplicateKeys(text);
  if (duplicates.length > 0) throw new InvalidModelError(duplicates);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { $schema: _, ...model } = value as Record<string, unknown>;
  return model;
}

/** The line and column of a character. */
function placeAt(text: string, position: number, file: string): Place {
  const before = text.slice(0, position).split('\n');
  return { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/**
 * The first character with which a text is no JSON. V8 names it for some faults; of a token it does not,
 * and then it is the last of the shortest beginning that has the same fault.
 */
function faultOf(text: string, message: string): number {
  const said = /at position (\d+)/.exec(message)?.[1];
  if (said !== undefined) return Number(said);
  if (!isUnexpectedToken(text)) return text.trimEnd().length;
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (isUnexpectedToken(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function isUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith('Unexpected token');
  }
}

/** The second of two equal keys in an object, in text that has been found to be JSON. */
function duplicateKeys(text: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  const levels: Level[] = [];
  let keyNext = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{') levels.push({ keys: new Set(), at: '' });
    else if (token === '[') levels.push({ at: 0 });
    else if (token === '}' || token === ']') levels.pop();
    else if (token === ',' && typeof level?.at === 'number') level.at += 1;
    else if (keyNext && level?.keys) {
      const key = JSON.parse(token) as string;
      level.at = key;
      if (level.keys.has(key)) found.push(duplicateKey(levels.map(({ at }) => at)));
      level.keys.add(key);
    }
    keyNext = token === '{' || (token === ',' && levels.at(-1)?.keys !== undefined);
  }
  return found;
}

/** A key that its object already has. */
export function duplicateKey(path: ElementPath): Diagnostic {
  return {
    code: 'duplicate-key',
    severity: 'error',
    path: elementPath(path),
    message: 'the key is there twice',
    remedy: 'keep one of them',
  };
}
