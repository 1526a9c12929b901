import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { Diagnostic } from '../lib/diagnostic.js';
import { parsePolicyTests, type PolicyTestSuite } from '../lib/insight/policy-test.js';
import { cliError } from './error.js';
import { loadModelFile, type ModelFile } from './model-file.js';
import { type Places, placedError, placesIn, type SourceText } from '../lib/model/text-places.js';

/** Tests of a file, with the model that they are about. */
export interface TestFile {
  /** As it was named. */
  readonly shown: string;
  readonly suite: PolicyTestSuite;
  /** Not checked yet: for `resolve`. */
  readonly model: unknown;
  /** The texts of a model that is JSON or YAML. */
  readonly modelTexts: readonly SourceText[];
  /** Every file that was read, to watch them. */
  readonly files: readonly string[];
  /** Where an element is; nowhere where the file is a module. */
  readonly places: Places;
}

/** Bytes of a file of tests: far above any, far below what stalls a parser. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Read tests and their model. Throws `ZeroTrustError` whose diagnostics name file and line. */
export async function loadTestFile(shown: string, modelPath: string | undefined): Promise<TestFile> {
  const isText = ['.yaml', '.yml', '.json'].includes(extname(shown));
  const { model: value, texts, files } = isText ? readText(shown) : await loadModelFile(shown);
  const [text] = texts;
  const suite = checked(value, text);
  const places = text ? placesIn(text) : () => undefined;
  const named = modelPath ?? (typeof suite.model === 'string' ? besides(shown, suite.model) : undefined);
  if (named !== undefined) {
    const { model, texts: modelTexts, files: modelFiles } = await loadModelFile(named);
    return { shown, suite, model, modelTexts, files: [...files, ...modelFiles], places };
  }
  if (suite.model === undefined) {
    throw cliError('no-model', shown, 'the tests name no model', {
      expected: '`model: model.ts`, from the folder of the tests',
      remedy: 'name it there, or by --model',
    });
  }
  return { shown, suite, model: suite.model, modelTexts: [], files, places };
}

/** `tests.yaml:14:5`, or the file alone where it is a module. */
export function placeInWords({ shown, places }: TestFile, path: string): string {
  const place = places(path);
  return place ? `${place.file}:${place.line}:${place.column}` : shown;
}

/** A finding of what a test says, as one of its file. */
export function foundInTest(diagnostic: Diagnostic, file: TestFile, test: string): Diagnostic {
  const path = diagnostic.path === '' ? test : `${test}.${diagnostic.path}`;
  const place = file.places(path);
  return place ? { ...diagnostic, path, place } : { ...diagnostic, path: `${file.shown} ${path}` };
}

function besides(shown: string, model: string): string {
  return isAbsolute(model) ? model : join(dirname(shown), model);
}

function readText(shown: string): ModelFile {
  const size = statSync(shown, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    throw cliError('test-file-not-found', shown, 'there is no such file', {
      remedy: 'name a file of policy tests',
    });
  }
  if (size > MAX_BYTES) {
    throw cliError('test-file-size', shown, 'the file is too large', {
      expected: `at most ${MAX_BYTES} bytes`,
      remedy: 'divide it: `ztp test` takes several files',
    });
  }
  const lines = new LineCounter();
  const text = readFileSync(shown, 'utf8');
  // JSON is YAML of this version.
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    lineCounter: lines,
  });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) {
    const { line, col: column } = lines.linePos(fault.pos[0]);
    throw cliError('test-file-syntax', shown, 'the file is not plain YAML', {
      place: { file: shown, line, column },
      found: (fault.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:$/, ''),
      remedy: 'correct it at this place',
    });
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  // A file may be the list of tests alone.
  const source = { file: shown, text, ...(Array.isArray(value) && { under: 'tests' }) };
  return { model: value, texts: [source], files: [shown] };
}

function checked(value: unknown, text: SourceText | undefined): PolicyTestSuite {
  try {
    return parsePolicyTests(value);
  } catch (error) {
    throw text ? placedError(error, [text]) : error;
  }
}
