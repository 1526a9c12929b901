import { codedError } from '../../../lib/coded-error.js';
import { type Diagnostic, excerpt } from '../../../lib/diagnostic.js';

/** A control that is weakened on purpose. It is printed at synthesis, and an annotation of the object. */
export interface Weakening {
  /** Why, in a sentence that an auditor understands. */
  readonly reason: string;
  /** The first day on which synthesis fails, as `YYYY-MM-DD` (UTC). */
  readonly until: string;
}

/** Where a weakening is seen in the cluster. */
export const WEAKENED = 'zero-trust-platform/weakened';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Throws `weakening-without-reason`, and `weakening-expired` if it has ended or says no date. */
export function checkWeakening(path: string, weakening: Partial<Weakening> | undefined, now: Date): void {
  const { reason, until = '' } = weakening ?? {};
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw codedError('weakening-without-reason', path, 'a control is weakened without a reason', {
      expected: 'a sentence that an auditor understands',
    });
  }
  const end = DATE.test(until) ? Date.parse(`${until}T00:00:00Z`) : Number.NaN;
  if (!(end > now.getTime())) {
    throw codedError('weakening-expired', path, 'the weakening has ended, or says no date', {
      found: excerpt(until),
      expected: 'a date to come, such as 2027-03-31',
      remedy: 'take the change back, or agree on a new date',
    });
  }
}

export function weakeningText({ reason, until }: Weakening): string {
  return `${reason} (until ${until})`;
}

export function weakened(path: string, weakening: Weakening): Diagnostic {
  return {
    code: 'weakened',
    severity: 'warning',
    path,
    message: `is left to be changed: ${weakeningText(weakening)}`,
  };
}
