import { Template } from 'aws-cdk-lib/assertions';
import { acceptWeakening } from '../../../../constructs/aws-cdk/support/weakening.js';
import { mistake, testStack, warningsOf } from './app.js';

const now = new Date('2026-11-20T12:00:00Z');
const weakening = { reason: 'the old clients leave in spring', expires: '2027-03-31' };

test('a weakening is printed at synthesis and stands in the template', () => {
  const stack = testStack();
  acceptWeakening(stack, 'unverifiedGateway', weakening, now);
  const text = 'unverifiedGateway: the old clients leave in spring (until 2027-03-31)';
  expect(warningsOf(stack)).toEqual([expect.stringContaining(text)]);
  Template.fromStack(stack).hasOutput('*', { Value: text });
});

test.each([undefined, null, true, {}])('what JavaScript says in place of one (%j) is an error', (said) => {
  const error = mistake((scope) => acceptWeakening(scope, 'oversizeBody', said as never, now));
  expect(error.code).toBe('weakening-without-reason');
});

test.each<[string, string, Partial<typeof weakening>]>([
  ['has no reason', 'weakening-without-reason', { reason: '' }],
  ['has ended', 'weakening-expired', { expires: '2026-11-20' }],
  ['never ends', 'weakening-expired', { expires: '' }],
  ['ends on no day', 'weakening-expired', { expires: '2027-02-31T25:00:00Z' }],
  ['ends when only a deployment knows', 'weakening-not-literal', { expires: '${Token[TOKEN.1]}' }],
])('one that %s is an error', (_, code, change) => {
  const error = mistake((scope) => acceptWeakening(scope, 'oversizeBody', { ...weakening, ...change }, now));
  expect(error.code).toBe(code);
});
