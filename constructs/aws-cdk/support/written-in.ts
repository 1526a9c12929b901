import { Reference, Stack, Tokenization } from 'aws-cdk-lib';

/**
 * How the template of a stack says a text with references, as JSON. Undefined where the stack was given no way to what is
 * referred to in another one: the same words would be a resource of its own with the same logical ID. Ask while the tree is
 * validated, when references across stacks have been written.
 */
export function writtenIn(stack: Stack, text: string): string | undefined {
  const isOutOfReach = Tokenization.reverseString(text)
    .tokens.filter((token) => Reference.isReference(token))
    .some((reference) => isUnwritten(stack, reference));
  return isOutOfReach ? undefined : JSON.stringify(stack.resolve(text));
}

function isUnwritten(stack: Stack, reference: Reference): boolean {
  const home = Stack.of(reference.target);
  if (home === stack || reference.displayName.startsWith('AWS::')) return false;
  const found: unknown = stack.resolve(reference);
  // A physical name is the same text everywhere.
  return typeof found !== 'string' && JSON.stringify(found) === JSON.stringify(home.resolve(reference));
}
