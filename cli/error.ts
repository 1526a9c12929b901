import { type Diagnostic, formatDiagnostic, ZeroTrustError } from '../lib/diagnostic.js';
import { wrap } from './text.js';

/** An error of the command line itself. */
export { codedError as cliError } from '../lib/coded-error.js';

/** A diagnostic in lines that fit the terminal. */
export function formatFinding(diagnostic: Diagnostic): string {
  const lines = formatDiagnostic(diagnostic).split('\n');
  return lines
    .map((line) => {
      const label = /^ {2}[a-z]+: +/.exec(line)?.[0] ?? '';
      return wrap(line.slice(label.length), label, ' '.repeat(label.length || 2));
    })
    .join('\n');
}

/** An error for people: its findings, or what it says. */
export function formatError(error: unknown): string {
  if (error instanceof ZeroTrustError) {
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) return errors.map(formatFinding).join('\n');
    const [first = '', ...rest] = error.message.split('\n');
    return [wrap(`error ${error.code}: ${first}`, '', '  '), ...rest].join('\n');
  }
  return `error internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
