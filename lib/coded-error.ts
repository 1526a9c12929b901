import { type Diagnostic, ZeroTrustError } from './diagnostic.js';

/** An error of one finding: what is wrong with one element, file or option. */
export function codedError(
  code: string,
  path: string,
  message: string,
  more: Pick<Diagnostic, 'place' | 'found' | 'expected' | 'remedy'> = {},
): ZeroTrustError {
  const where = path === '' ? '' : `${path}: `;
  const found = more.found === undefined ? '' : ` (${more.found})`;
  return new ZeroTrustError(code, `${where}${message}${found}`, [
    { code, severity: 'error', path, message, ...more },
  ]);
}
