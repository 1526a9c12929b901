import { z } from 'zod';
import { decisionLogSchema } from '../../../lib/plan/decision-log.js';

const reader = z.fromJSONSchema(decisionLogSchema);

/** A token, or the beginning of one: the base64url of `{"`. */
const TOKEN = /eyJ|Bearer /;

/** What is wrong with a line of a decision log; undefined if nothing is. */
export function faultOfLine(line: string): string | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return `not JSON: ${line}`;
  }
  const { error } = reader.safeParse(entry);
  if (error) return `${z.prettifyError(error)}: ${line}`;
  return TOKEN.test(line) ? `a token: ${line}` : undefined;
}
