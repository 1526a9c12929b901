import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { codedError } from '../lib/coded-error.js';
import { excerpt, ZeroTrustError } from '../lib/diagnostic.js';
import { issueDiagnostics } from '../lib/model/issues.js';
import { placed } from '../lib/model/text-places.js';
import type { Plan } from '../lib/plan/plan.js';
import { PLAN_VERSION } from '../lib/plan/plan.js';
import { isPlan, major } from '../lib/plan/record.js';
import { failure } from './control.js';

/** One line for machines on standard output: `{ "event": …, "time": …, … }`. */
export type Emit = (event: string, fields?: object) => void;

export const emit: Emit = (event, fields) => {
  process.stdout.write(`${line(event, fields)}\n`);
};

function line(event: string, fields: object = {}): string {
  return JSON.stringify({ event, time: new Date().toISOString(), ...fields });
}

/**
 * Run this process as a part of the platform: `--config FILE` (JSON), one `ready` line when it is up,
 * one `error` line and exit code 1 if it cannot be. SIGTERM and SIGINT end it.
 */
export async function runPart(
  start: (config: string) => Promise<{ readonly ready: object; close(): Promise<void> }>,
): Promise<void> {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } });
    if (values.config === undefined) throw new ZeroTrustError('invalid-config', '--config FILE is needed');
    const part = await start(resolve(values.config));
    const end = () => void part.close().finally(() => process.exit(0));
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
    emit('ready', { pid: process.pid, ...part.ready });
  } catch (error) {
    process.stdout.write(`${line('error', failure(error))}\n`, () => process.exit(1));
  }
}

/** Read a JSON file by its schema. Throws `invalid-config` with a diagnostic per finding. */
export function readConfig<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  return checked(readJson(path, 'invalid-config'), schema, path, 'invalid-config');
}

/** A value of a file by its schema; `text` is what the file holds, for the places of what is wrong. */
export function checked<Schema extends z.ZodType>(
  input: unknown,
  schema: Schema,
  path: string,
  code: string,
  text?: string,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = issueDiagnostics(result.error.issues, input, { schema, name: 'the file' });
  const found = text === undefined ? issues : placed(issues, [{ file: path, text }]);
  // Whatever has no place in the text is told by the file.
  const diagnostics = found.map((item) =>
    item.place ? item : { ...item, path: `${path}${item.path && ` ${item.path}`}` },
  );
  const said = issues.map((item) => `${item.path || 'the file'}: ${item.message}`).join('; ');
  throw new ZeroTrustError(code, `${path}: ${said}`, diagnostics);
}

/** A plan as a file. Throws `invalid-plan`, also for one of another major version. */
export function readPlan(path: string): Plan {
  const plan = readJson(path, 'invalid-plan');
  if (isPlan(plan)) return plan;
  throw codedError('invalid-plan', path, `the file is no plan of version ${major(PLAN_VERSION)}`);
}

/** A JSON file. Throws an error of this code. */
export function readJson(path: string, code: string): unknown {
  const text = readText(path, code);
  try {
    return JSON.parse(text);
  } catch {
    throw codedError(code, path, 'the file is not JSON', {
      found: excerpt(text),
      remedy: 'correct it, or restore an earlier one',
    });
  }
}

/** The text of a file. Throws an error of this code. */
export function readText(path: string, code: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw codedError(code, path, 'the file cannot be read', {
      found: (error as Error).message,
      remedy: 'name a file that is there and may be read',
    });
  }
}
