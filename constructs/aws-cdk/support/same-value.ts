import { Reference, Tokenization } from 'aws-cdk-lib';

/**
 * Whether two texts stand for the same value: one text, or one attribute of one resource. What a reference looks
 * like in a template depends on the stack, so neither may be resolved for this.
 */
export function isSameValue(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [referenceOf(one), referenceOf(other)];
  return first !== undefined && first.target === second?.target && first.displayName === second.displayName;
}

/** The resource that a text is an attribute of, if it is that alone. */
export function referenceOf(text: string): Reference | undefined {
  const { length, firstToken } = Tokenization.reverseString(text);
  return length === 1 && firstToken !== undefined && Reference.isReference(firstToken)
    ? firstToken
    : undefined;
}
