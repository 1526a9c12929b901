/** How much a finding matters: an `error` stops synthesis, a `warning` is printed once. */
export type Severity = 'error' | 'warning';

/** Where an element is in the file that it was read from; lines and columns begin with 1. */
export interface Place {
  /** As the file was named. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * One finding about a model.
 *
 * `code` is stable across releases and is what tools match on; `path` is the element of the model
 * as a user would write it (`access[2].operations[0]`, empty for the model itself).
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly path: string;
  /** Where that is in the file, if the model was read from JSON or YAML. */
  readonly place?: Place;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** The offending value, shortened. */
  readonly found?: string;
  /** What would have been accepted. */
  readonly expected?: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** The longest excerpt of a user's value that a diagnostic repeats, in characters. */
const EXCERPT = 120;

/** A value as a diagnostic shows it: JSON, shortened, never more than a line. */
export function excerpt(value: unknown): string {
  let text: string;
  try {
    text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    text = Object.prototype.toString.call(value);
  }
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}… (${text.length} characters)` : text;
}

/** A diagnostic for people, up to four lines. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const where = whereOf(diagnostic);
  const lines = [
    `${diagnostic.severity} ${diagnostic.code}${where && ` at ${where}`}: ${diagnostic.message}`,
  ];
  if (diagnostic.found !== undefined) lines.push(`  found:    ${diagnostic.found}`);
  if (diagnostic.expected !== undefined) lines.push(`  expected: ${diagnostic.expected}`);
  if (diagnostic.remedy !== undefined) lines.push(`  do:       ${diagnostic.remedy}`);
  return lines.join('\n');
}

/** Several for people. What is to be done about some that follow one another is said once, after the last of them. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ remedy, ...diagnostic }, index) => {
      const isSaidBelow = remedy === undefined || remedy === diagnostics[index + 1]?.remedy;
      return formatDiagnostic(isSaidBelow ? diagnostic : { ...diagnostic, remedy });
    })
    .join('\n');
}

/** `model.yaml:12:5 access[1].service`: a form that editors and terminals make a link of. */
function whereOf({ path, place }: Diagnostic): string {
  if (!place) return path;
  const at = `${place.file}:${place.line}:${place.column}`;
  return path === '' || path === place.file ? at : `${at} ${path}`;
}

/** The root of every error this library throws. */
export class ZeroTrustError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Every finding behind the error, each with its own code and path. */
    readonly diagnostics: readonly Diagnostic[] = [],
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The model cannot become a plan; `diagnostics` says why, element by element. */
export class InvalidModelError extends ZeroTrustError {
  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
    const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
    super(
      'invalid-model',
      `the model has ${count}:\n${errors.map(formatDiagnostic).join('\n')}`,
      diagnostics,
    );
  }
}
