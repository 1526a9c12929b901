import { Annotations, CfnOutput, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConstructError } from './error.js';

/** A control that is weakened on purpose. The reason is printed at synthesis and stands in the template. */
export interface Weakening {
  /** Why, for whoever reads the report. */
  readonly reason: string;
  /** ISO 8601 date, `2027-03-31`, from which synthesis fails. */
  readonly expires: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/;

/**
 * Accept a weakening: a warning at synthesis, and an output of the stack so that it is seen in the account.
 * Throws if it has no reason, no date, or has ended.
 */
export function acceptWeakening(
  scope: Construct,
  prop: string,
  weakening: Weakening,
  now = new Date(),
): void {
  // Whoever writes JavaScript may say `true`, or nothing.
  const { reason = '', expires = '' } = (weakening ?? {}) as Partial<Weakening>;
  if (Token.isUnresolved(reason) || Token.isUnresolved(expires)) {
    throw new ConstructError(scope, {
      code: 'weakening-not-literal',
      message: 'reason and expires must be known at synthesis',
      prop,
      remedy: 'Write both as literals.',
    });
  }
  if (reason.trim() === '') {
    throw new ConstructError(scope, {
      code: 'weakening-without-reason',
      message: 'a control is weakened without a reason',
      prop: `${prop}.reason`,
      remedy: 'Say why, in a sentence that an auditor understands.',
    });
  }
  const end = DATE.test(expires) ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(end) || end <= now.getTime()) {
    throw new ConstructError(scope, {
      code: 'weakening-expired',
      message: 'the weakening has ended, or says no date',
      prop: `${prop}.expires`,
      found: JSON.stringify(expires),
      expected: 'an ISO 8601 date to come, such as 2027-03-31',
      remedy: 'Remove the weakening, or agree on a new date.',
    });
  }
  const text = `${prop}: ${reason} (until ${expires})`;
  Annotations.of(scope).addWarningV2(`zero-trust-platform:weakening:${scope.node.path}:${prop}`, text);
  new CfnOutput(scope, `Weakening-${prop}`, {
    value: text,
    description: 'A control that is weakened on purpose',
  });
}
