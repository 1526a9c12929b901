import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import type { Construct } from 'constructs';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';

export const ENV = { account: '111122223333', region: 'eu-west-1' };

/** A stack with an account and a region. */
export function testStack(region = ENV.region): Stack {
  return new Stack(new App({ analyticsReporting: false }), 'Test', { env: { ...ENV, region } });
}

/** What a stack with these constructs deploys. */
export function templateOf(build: (stack: Stack) => void): Template {
  const stack = testStack();
  build(stack);
  return Template.fromStack(stack);
}

/** The properties of the only resource of a type. */
export function onlyResource(template: Template, type: string): Readonly<Record<string, unknown>> {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return (found[0] as { Properties: Record<string, unknown> }).Properties;
}

/** The error that making a construct ends in. It must name the construct and say what to do. */
export function mistake(build: (scope: Construct) => unknown, region?: string): ConstructError {
  try {
    build(testStack(region));
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    const found = error as ConstructError;
    expect(found.message).toMatch(/^\[(Test|Other)\S* ?/);
    return found;
  }
  throw new Error('no error');
}

/** The text of the error that synthesis ends in, for what only the whole tree shows. */
export function mistakeAtSynthesis(build: (stack: Stack) => unknown): string {
  const stack = testStack();
  build(stack);
  try {
    Template.fromStack(stack);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('no error');
}

/** Texts of the warnings of a stack. */
export function warningsOf(stack: Stack): string[] {
  return Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => entry.data as string);
}
