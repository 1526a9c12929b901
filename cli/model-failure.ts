import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Diagnostic, excerpt, ZeroTrustError } from '../lib/diagnostic.js';
import { cliError } from './error.js';

/** Why a module could not be loaded, as an error that says what to do. `files` are those that were read for it. */
export function loadFailure(error: unknown, shown: string, files: Iterable<string>): ZeroTrustError {
  if (error instanceof ZeroTrustError) return error;
  if (isOurs(error)) return new ZeroTrustError(error.code, error.message, error.diagnostics);
  const code = codeOf(error);
  const message = error instanceof Error ? firstLine(error.message) : excerpt(error);
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return cliError('model-file-syntax', shown, 'Node only strips types and runs the rest as it is', {
      found: `${message}${placeOf(error)}`,
      expected: 'TypeScript without enum, namespace, parameter properties and `import x = require()`',
      remedy: 'write it without that syntax (`erasableSyntaxOnly` makes the compiler refuse it)',
    });
  }
  if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX' || error instanceof SyntaxError) {
    const remedy = /import statement outside|Unexpected token 'export'/.test(message)
      ? 'name the file .mjs or .ts, or set "type": "module" in its package.json'
      : 'correct it';
    return cliError('model-file-syntax', shown, 'the file is not valid', {
      found: `${message}${placeOf(error) || placeByParsing(files)}`,
      remedy,
    });
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

/** By shape: a model may bring its own copy of this package, whose classes are not these. */
function isOurs(error: unknown): error is ZeroTrustError {
  if (!(error instanceof Error) || typeof codeOf(error) !== 'string') return false;
  return 'diagnostics' in error && Array.isArray(error.diagnostics) && error.diagnostics.every(isDiagnostic);
}

function isDiagnostic(value: unknown): value is Diagnostic {
  if (typeof value !== 'object' || value === null) return false;
  const { code, severity, path, message } = value as Readonly<Record<string, unknown>>;
  return (
    [code, path, message].every((text) => typeof text === 'string') &&
    /^(error|warning)$/.test(String(severity))
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** Messages of Node go on with a code frame or a list of requirers. */
function firstLine(message: string): string {
  return message.split('\n').find((line) => line.trim() !== '') ?? message;
}

/** Where a stack says that code is: `file:///model.ts:3:7`, or `/model.cjs:3` as its first line alone. */
const PLACE = /(?:(file:\/\/[^\s?)]+?)(?:\?[^\s:)]*)?|^(\/.+?)):(\d+(?::\d+)?)(?=[\s)]|$)/g;

/** ` (model.ts:3:7)`: the first place of the stack that the user wrote; a syntax error has no column. */
function placeOf(error: unknown): string {
  return firstPlace(error instanceof Error ? (error.stack ?? '') : '');
}

/** Node tells no place of a syntax error in a plain ES module, but where it only parses one. */
function placeByParsing(files: Iterable<string>): string {
  for (const file of files) {
    const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    if (status !== 0 && stderr) return firstPlace(stderr);
  }
  return '';
}

function firstPlace(stack: string): string {
  for (const [, url, path, at] of stack.matchAll(PLACE)) {
    const file = url === undefined ? path : fileURLToPath(url);
    if (file !== undefined && !file.includes('/node_modules/')) return ` (${file}:${at})`;
  }
  return '';
}
