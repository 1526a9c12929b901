import type { Construct } from 'constructs';
import { type Diagnostic, formatDiagnostic, ZeroTrustError } from '../../../lib/diagnostic.js';

/** cdk8s has no annotations: the process says it, on its standard error. */
export function warn(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    process.emitWarning(formatDiagnostic(diagnostic), { type: 'ZeroTrustWarning', code: diagnostic.code });
  }
}

/** An error says of which construct it is. */
export function at<Result>(scope: Construct, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    throw new ZeroTrustError(error.code, `[${scope.node.path}] ${inWords(error)}`, error.diagnostics);
  }
}

/** Of one finding, what it expected and what to do as well: nobody but the message tells it here. */
export function inWords({ message, diagnostics: [only, ...more] }: ZeroTrustError): string {
  if (!only || more.length > 0) return message;
  const expected = only.expected === undefined ? '' : `, expected ${only.expected}`;
  return `${message}${expected}.${only.remedy === undefined ? '' : ` To do: ${only.remedy}.`}`;
}
