import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ConstructError } from './error.js';

/** Where a prop's value must lie, and where that is written. */
export interface Range {
  readonly prop: string;
  readonly min: number;
  readonly max: number;
  /** Such as `seconds`. */
  readonly unit: string;
  readonly remedy: string;
}

/** Throws unless the number is a token (then the service checks it) or lies in the range. */
export function checkRange(scope: IConstruct, value: number, range: Range): void {
  if (Token.isUnresolved(value)) return;
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return;
  throw new ConstructError(scope, {
    code: 'out-of-range',
    message: `the value is not within what the service takes`,
    prop: range.prop,
    found: String(value),
    expected: `${range.min} to ${range.max} ${range.unit}`,
    remedy: range.remedy,
  });
}

/** Throws if the value is a token: it decides what is made, so it must be known at synthesis. */
export function checkLiteral(scope: IConstruct, prop: string, value: string | number): void {
  if (!Token.isUnresolved(value)) return;
  throw new ConstructError(scope, {
    code: 'literal-needed',
    message: 'the value decides what is made, and is only known at deployment',
    prop,
    expected: 'a literal',
    remedy: 'Write the value itself, or read it from the context.',
  });
}
