import type { Diagnostic } from '../lib/diagnostic.js';
import { plural } from '../lib/insight/describe.js';
import { formatFinding } from './error.js';
import { styled } from './text.js';

/** Findings for people, errors first, each once. */
export function formatFindings(diagnostics: readonly Diagnostic[]): string {
  const ordered = [...diagnostics].sort(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'),
  );
  const texts = ordered.map((diagnostic) => {
    const text = formatFinding(diagnostic);
    const head = diagnostic.severity.length;
    return `${styled(diagnostic.severity === 'error' ? 'red' : 'yellow', text.slice(0, head))}${text.slice(head)}`;
  });
  return [...new Set(texts)].join('\n');
}

/** `2 errors, 1 warning`, `no findings`. */
export function countFindings(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const parts = [
    ...(errors ? [plural(errors, 'error')] : []),
    ...(warnings ? [plural(warnings, 'warning')] : []),
  ];
  return parts.join(', ') || 'no findings';
}
