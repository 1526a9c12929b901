import { readFileSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { excerpt } from '../lib/diagnostic.js';
import { cliError, formatError } from './error.js';
import type { SourceText } from '../lib/model/text-places.js';

/** What a model file holds, and every file of the user's that it was made from: to watch them. */
export interface ModelFile {
  /** Not checked yet: for `resolve`. */
  readonly model: unknown;
  readonly files: readonly string[];
  /** Those of them that are JSON or YAML: findings have places in them. */
  readonly texts: readonly SourceText[];
}

const MODULES = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
const TEXTS = ['.json', '.yaml', '.yml'];
const PACKAGE = 'zero-trust-platform';

/** Bytes of a model text: far above any model, far below what stalls a parser. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * Read a model: a module with a default export or one named `model`, or JSON or YAML, which may say what it
 * `extends`. Node keeps the modules that a thread has loaded: `loadModelFileAnew` follows edits.
 * `extending` are the files that extend this one.
 *
 * Throws `ZeroTrustError` with a `model-file-…` code that says what to do.
 */
export async function loadModelFile(path: string, extending: readonly string[] = []): Promise<ModelFile> {
  const file = resolve(path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    throw cliError('model-file-not-found', path, found ? 'this is no file' : 'there is no such file', {
      remedy: 'name a model file, or write a first one with `ztp init`',
    });
  }
  const extension = extname(file);
  if (TEXTS.includes(extension)) {
    const read = await readModelText(file, path, extension);
    const { model } = read;
    if (!isRecord(model) || !Object.hasOwn(model, 'extends')) return read;
    return (await import('./extended-file.js')).extendedFile(path, { ...read, model }, [...extending, file]);
  }
  if (!MODULES.includes(extension)) {
    throw cliError('model-file-type', path, 'a model file is a module, JSON or YAML', {
      found: extension || 'no extension',
      expected: [...MODULES, ...TEXTS].join(', '),
      remedy: 'name one of these',
    });
  }
  return importModel(file, path);
}

async function readModelText(file: string, shown: string, extension: string): Promise<ModelFile> {
  if (statSync(file).size > MAX_TEXT_BYTES) {
    throw cliError('model-file-size', shown, 'the file is too large for a model', {
      expected: `at most ${MAX_TEXT_BYTES} bytes`,
    });
  }
  const { parseModelJson, parseModelYaml } = await import('./model-text.js');
  const text = readFileSync(file, 'utf8');
  if (/^\s*$/.test(text)) {
    throw cliError('model-file-empty', shown, 'the file is empty', {
      expected: 'a model',
      remedy: 'write one, or have `ztp init` write a first one elsewhere',
    });
  }
  const source: SourceText = { file: shown, text };
  try {
    const model = extension === '.json' ? parseModelJson(text, shown) : parseModelYaml(text, shown);
    return { model, files: [file], texts: [source] };
  } catch (error) {
    const { placedError } = await import('../lib/model/text-places.js');
    throw placedError(error, [source]);
  }
}

async function importModel(file: string, shown: string): Promise<ModelFile> {
  if (/\.[cm]?ts$/.test(file) && !process.features.typescript) {
    const options = process.env['NODE_OPTIONS'];
    throw cliError('model-typescript-unsupported', shown, 'this Node does not load TypeScript', {
      found: `Node ${process.version}${options ? ` with NODE_OPTIONS=${options}` : ''}`,
      expected: 'Node 22.18 or newer, with type stripping on',
      remedy: 'use a newer Node, or write the model as .mjs, .json or .yaml',
    });
  }
  const loading = beginLoading(file);
  const onExit = () => endedEarly(shown);
  process.once('exit', onExit);
  // What a model prints must not get into the output of a command that writes JSON.
  const { log, info } = console;
  console.log = console.info = console.error;
  try {
    const exports = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    return { model: modelOf(exports, shown), files: [...loading.files], texts: [] };
  } catch (error) {
    const { loadFailure } = await import('./model-failure.js');
    throw loadFailure(error, shown, loading.files);
  } finally {
    console.log = log;
    console.info = info;
    loading.end();
    process.off('exit', onExit);
  }
}

/** A file that ends the process, or waits for nothing, must not look like one without a finding. */
function endedEarly(shown: string): void {
  process.exitCode = 1;
  if (!isMainThread) return;
  const error = cliError('model-file-throws', shown, 'the file ends the process that loads it', {
    remedy: 'let it only declare the model, and wait for nothing',
  });
  process.stderr.write(`${formatError(error)}\n`);
}

function modelOf(exports: Record<string, unknown>, shown: string): unknown {
  const outer = exports['default'] ?? exports['model'];
  // What a CommonJS module exports arrives whole as the default; no model has elements of these names.
  const model = isRecord(outer) ? (outer['default'] ?? outer['model'] ?? outer) : outer;
  const expected = '`export default defineZeroTrust({ … })`, or an export named `model`';
  if (isRecord(model) && typeof model['then'] === 'function') {
    throw cliError('model-file-promise', shown, 'the file exports a promise, not a model', {
      expected,
      remedy: 'a module may await at its top level: `export default await …`',
    });
  }
  if (isRecord(model) && Object.keys(model).length > 0) return model;
  throw cliError('model-file-exports', shown, 'the file exports no model', {
    found: model === undefined ? Object.keys(exports).join(', ') || 'no export' : excerpt(model),
    expected,
    remedy: 'export the model',
  });
}

interface Loading {
  readonly files: ReadonlySet<string>;
  end(): void;
}

/**
 * Until `end`, look at what is loaded:
 * - TypeScript with `import` or `export` in it is a module, whatever "type" the nearest package.json has;
 * - a model in a folder where this package is not installed gets this copy of it;
 * - `./rules.js` is `./rules.ts` where only that is there, as it is for the compiler.
 */
function beginLoading(file: string): Loading {
  const files = new Set<string>([file]);
  const hooks = registerHooks({
    resolve: (specifier, context, next) => resolveOrOwn(specifier, (name) => next(name, context)),
    load(url, context, next) {
      if (!isUsers(url)) return next(url, context);
      const path = fileURLToPath(url);
      files.add(path);
      if (!path.endsWith('.ts')) return next(url, context);
      const isModule = /^\s*(import|export)\b/m.test(readFileSync(path, 'utf8'));
      return next(url, isModule ? { ...context, format: 'module-typescript' } : context);
    },
  });
  return { files, end: () => hooks.deregister() };
}

function resolveOrOwn<Resolved>(
  specifier: string,
  next: (specifier: string) => Resolved,
): Resolved | { url: string } {
  try {
    return next(specifier);
  } catch (error) {
    if (specifier === PACKAGE) return { url: pathToFileURL(join(__dirname, '../lib/index.js')).href };
    const source = /^\.{1,2}\/.*\.[cm]?js$/.test(specifier) && specifier.replace(/js$/, 'ts');
    if (source === false) throw error;
    try {
      return next(source);
    } catch {
      throw error;
    }
  }
}

/** This package's code, whether it runs from its sources or from `dist/`. */
const OWN = ['lib', 'dist'].map((folder) => pathToFileURL(join(__dirname, '..', folder, '/')).href);

/** A file that the user wrote: neither installed, nor of this package. */
function isUsers(url: string): boolean {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return false;
  return !OWN.some((folder) => url.startsWith(folder));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
