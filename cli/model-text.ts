import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type Diagnostic, InvalidModelError, type Place } from '../lib/diagnostic.js';
import type { ElementPath } from '../lib/model/element-path.js';
import { duplicateKey } from '../lib/model/json-text.js';
import { cliError } from './error.js';

export { parseModelJson } from '../lib/model/json-text.js';

/** YAML 1.2 as a model file holds it: one document, no key twice, no tags of its own. */
export function parseModelYaml(text: string, shown: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    lineCounter: lines,
  });
  const twice = document.errors.every(({ code }) => code === 'DUPLICATE_KEY')
    ? duplicateKeys(document.contents)
    : [];
  if (twice.length > 0) throw new InvalidModelError(twice);
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) {
    const { line, col: column } = lines.linePos(fault.pos[0]);
    throw notPlain(shown, fault.message, { file: shown, line, column });
  }
  try {
    // Aliases are limited: a few lines of them can stand for gigabytes.
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw notPlain(shown, error instanceof Error ? error.message : String(error));
  }
}

function notPlain(shown: string, message: string, place?: Place): Error {
  const said = message.split('\n')[0] ?? message;
  return cliError('model-file-syntax', shown, 'the file is not plain YAML', {
    ...(place && { place }),
    found: said.replace(/ at line \d+, column \d+:$/, ''),
    expected: 'one document of YAML 1.2, of maps, lists and plain values',
    remedy: 'correct it at this place',
  });
}

/** The second of two equal keys in a map. What an alias stands for is looked at where it is written. */
function duplicateKeys(node: unknown, path: ElementPath = []): Diagnostic[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => duplicateKeys(item, [...path, index]));
  if (!isMap(node)) return [];
  const seen = new Set<unknown>();
  return node.items.flatMap(({ key, value }) => {
    if (!isScalar(key)) return duplicateKeys(value, path);
    const at = [...path, String(key.value)];
    const twice = seen.has(key.value) ? [duplicateKey(at)] : [];
    seen.add(key.value);
    return [...twice, ...duplicateKeys(value, at)];
  });
}
