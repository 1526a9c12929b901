import { type Diagnostic, formatDiagnostics, ZeroTrustError } from './diagnostic.js';

type More = Pick<Diagnostic, 'place' | 'found' | 'expected' | 'remedy'>;

/** An error of one finding: what is wrong with one element, file or option. */
export function codedError(code: string, path: string, message: string, more: More = {}): ZeroTrustError {
  return codedErrors([finding(code, path, message, more)]);
}

/** The same, to be told with others. */
export function finding(code: string, path: string, message: string, more: More = {}): Diagnostic {
  return { code, severity: 'error', path, message, ...more };
}

/** An error of findings, at least one: of one its own, of several `invalid-props`. */
export function codedErrors(findings: readonly Diagnostic[]): ZeroTrustError {
  const [first, ...more] = findings;
  if (first && more.length === 0) {
    const { code, path, message, found } = first;
    const where = path === '' ? '' : `${path}: `;
    return new ZeroTrustError(
      code,
      `${where}${message}${found === undefined ? '' : ` (${found})`}`,
      findings,
    );
  }
  return new ZeroTrustError(
    'invalid-props',
    `the props have ${findings.length} errors:\n${formatDiagnostics(findings)}`,
    findings,
  );
}
