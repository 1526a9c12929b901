import { CfnParameter } from 'aws-cdk-lib';
import { checkFargateSize } from '../../../../constructs/aws-cdk/support/fargate-size.js';
import { mistake, testStack } from './app.js';

const size = (cpu: number, memoryMiB: number) =>
  ({ cpu: ['cpu', cpu], memoryMiB: ['memoryMiB', memoryMiB] }) as const;

test.each([
  [256, 512],
  [256, 2048],
  [512, 3072],
  [4096, 30_720],
  [8192, 20_480],
  [16_384, 122_880],
])('%d CPU units go with %d MiB', (cpu, memoryMiB) => {
  expect(() => checkFargateSize(testStack(), size(cpu, memoryMiB))).not.toThrow();
});

test.each([
  [300, 512, 'cpu'],
  [256, 1536, 'memoryMiB'],
  [256, 4096, 'memoryMiB'],
  [1024, 1024, 'memoryMiB'],
  [2048, 4100, 'memoryMiB'],
  [8192, 17_408, 'memoryMiB'],
])('%d CPU units do not go with %d MiB, and the error names %s', (cpu, memoryMiB, prop) => {
  const error = mistake((scope) => checkFargateSize(scope, size(cpu, memoryMiB)));
  expect(error.code).toBe('no-fargate-size');
  expect(error.message).toContain(`, ${prop}]`);
});

test('CPU units that only the deployment knows are left to it, and memory must be known', () => {
  const stack = testStack();
  const { valueAsNumber } = new CfnParameter(stack, 'Cpu', { type: 'Number' });
  expect(() => checkFargateSize(stack, size(valueAsNumber, 1))).not.toThrow();
  const error = mistake(() => checkFargateSize(stack, size(512, valueAsNumber)));
  expect(error.code).toBe('literal-needed');
  expect(error.message).toContain(', memoryMiB]');
});
