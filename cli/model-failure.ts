import { fileURLToPath } from 'node:url';
import { excerpt, ZeroTrustError } from '../lib/diagnostic.js';
import { cliError } from './error.js';

/** Why a module could not be loaded, as an error that says what to do. */
export function loadFailure(error: unknown, shown: string): ZeroTrustError {
  if (isOurs(error)) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? firstLine(error.message) : excerpt(error);
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return cliError('model-file-syntax', shown, 'Node only strips types and runs the rest as it is', {
      found: message,
      expected: 'TypeScript without enum, namespace, parameter properties and `import x = require()`',
      remedy: 'write it without that syntax (`erasableSyntaxOnly` makes the compiler refuse it)',
    });
  }
  if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX' || error instanceof SyntaxError) {
    const remedy = /import statement outside|Unexpected token 'export'/.test(message)
      ? 'name the file .mjs or .ts, or set "type": "module" in its package.json'
      : 'correct it';
    return cliError('model-file-syntax', shown, 'the file is not valid', { found: message, remedy });
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return cliError('model-file-import', shown, 'the file imports what is not there', {
      found: message,
      remedy: 'install the package, or name the file with its extension (`./rules.ts`)',
    });
  }
  return cliError('model-file-throws', shown, 'the file throws while it is loaded', {
    found: `${message}${placeOf(error)}`,
    remedy: 'correct it: a model file only declares',
  });
}

/** By shape: a model may bring its own copy of this package. */
function isOurs(error: unknown): error is ZeroTrustError {
  return error instanceof ZeroTrustError;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** Messages of Node go on with a code frame or a list of requirers. */
function firstLine(message: string): string {
  return message.split('\n').find((line) => line.trim() !== '') ?? message;
}

/** ` (model.ts:3:7)`: the first place of the stack that the user wrote. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, url, line, column] of stack.matchAll(/(file:\/\/[^\s?)]+)(?:\?[^\s:)]*)?:(\d+):(\d+)/g)) {
    if (url && !url.includes('/node_modules/')) return ` (${fileURLToPath(url)}:${line}:${column})`;
  }
  return '';
}
