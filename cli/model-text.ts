import { parseDocument } from 'yaml';
import { cliError } from './error.js';

export { parseModelJson } from '../lib/model/json-text.js';

/** YAML 1.2 as a model file holds it: one document, no key twice, no tags of its own. */
export function parseModelYaml(text: string, shown: string): unknown {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, strict: true });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) throw notPlain(shown, fault.message);
  try {
    // Aliases are limited: a few lines of them can stand for gigabytes.
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw notPlain(shown, error instanceof Error ? error.message : String(error));
  }
}

function notPlain(shown: string, message: string): Error {
  return cliError('model-file-syntax', shown, 'the file is not plain YAML', {
    found: message.split('\n')[0] ?? message,
  });
}
