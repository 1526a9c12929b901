import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { type Diagnostic, ZeroTrustError } from '../lib/diagnostic.js';
import { parsePolicyTests, type PolicyTestSuite } from '../lib/insight/policy-test.js';
import { cliError } from './error.js';
import { loadModelFile } from './model-file.js';

/** Tests of a file, with the model that they are about. */
export interface TestFile {
  /** As it was named. */
  readonly shown: string;
  readonly suite: PolicyTestSuite;
  /** Not checked yet: for `resolve`. */
  readonly model: unknown;
  /** Every file that was read, to watch them. */
  readonly files: readonly string[];
  /** `tests.yaml:14`, or without a line where the file is a module. */
  readonly place: (path: string) => string;
}

/** Bytes of a file of tests: far above any, far below what stalls a parser. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Read tests and their model. Throws `ZeroTrustError` whose diagnostics name file and line. */
export async function loadTestFile(shown: string, modelPath: string | undefined): Promise<TestFile> {
  const isText = ['.yaml', '.yml', '.json'].includes(extname(shown));
  const { value, place, files } = isText ? readText(shown) : await readModule(shown);
  const suite = checked(value, place);
  const named = modelPath ?? (typeof suite.model === 'string' ? besides(shown, suite.model) : undefined);
  if (named !== undefined) {
    const { model, files: modelFiles } = await loadModelFile(named);
    return { shown, suite, model, files: [...files, ...modelFiles], place };
  }
  if (suite.model === undefined) {
    throw cliError('no-model', shown, 'the tests name no model', {
      expected: '`model: model.ts`, from the folder of the tests',
      remedy: 'name it there, or by --model',
    });
  }
  return { shown, suite, model: suite.model, files, place };
}

function besides(shown: string, model: string): string {
  return isAbsolute(model) ? model : join(dirname(shown), model);
}

interface Read {
  readonly value: unknown;
  readonly files: readonly string[];
  readonly place: TestFile['place'];
}

function readText(shown: string): Read {
  const size = statSync(shown, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw cliError('test-file-not-found', shown, 'there is no such file');
  if (size > MAX_BYTES) {
    throw cliError('test-file-size', shown, 'the file is too large', {
      expected: `at most ${MAX_BYTES} bytes`,
    });
  }
  const lines = new LineCounter();
  const text = readFileSync(shown, 'utf8');
  // JSON is YAML of this version, and so has places as well.
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    lineCounter: lines,
  });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) {
    const { line } = lines.linePos(fault.pos[0]);
    throw cliError('test-file-syntax', `${shown}:${line}`, 'the file is not plain YAML', {
      found: fault.message.split('\n')[0] ?? '',
    });
  }
  const isList = Array.isArray(document.toJS({ maxAliasCount: 100 }));
  const place = (path: string) => {
    const keys = keysOf(isList ? path.replace(/^tests/, '') : path);
    // The nearest element that is there: a missing one is missing in its parent.
    for (let length = keys.length; length > 0; length -= 1) {
      const node = document.getIn(keys.slice(0, length), true);
      if (isNode(node) && node.range) return `${shown}:${lines.linePos(node.range[0]).line}`;
    }
    return shown;
  };
  return { value: document.toJS({ maxAliasCount: 100 }), files: [shown], place };
}

async function readModule(shown: string): Promise<Read> {
  const { model: value, files } = await loadModelFile(shown);
  return { value, files, place: () => shown };
}

function checked(value: unknown, place: TestFile['place']): PolicyTestSuite {
  try {
    return parsePolicyTests(value);
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    const diagnostics = error.diagnostics.map((found) => placed(found, place));
    throw new ZeroTrustError(error.code, error.message, diagnostics);
  }
}

/** The finding with its file and line before the element. */
export function placed(diagnostic: Diagnostic, place: TestFile['place'], within = ''): Diagnostic {
  const path = [within, diagnostic.path].filter((part) => part !== '').join('.');
  return { ...diagnostic, path: [place(path), path].filter((part) => part !== '').join(' ') };
}

/** `tests[2].who.user` as its keys. */
function keysOf(path: string): (string | number)[] {
  return path
    .split(/[.[\]]+/)
    .filter((key) => key !== '')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}
