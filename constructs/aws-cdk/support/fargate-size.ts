import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ConstructError } from './error.js';
import { checkLiteral } from './literal.js';

/** MiB that go with CPU units: from, to, in steps of ("Task CPU and memory", AWS Fargate). */
const SIZES: Readonly<Record<number, readonly [min: number, max: number, step: number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16_384: [32_768, 122_880, 8192],
};

/** The one that the steps have and Fargate does not. */
const NOT = { cpu: 256, memoryMiB: 1536 };

export interface FargateSize {
  /** The prop, and its value in CPU units; 1024 are a core. */
  readonly cpu: readonly [prop: string, value: number];
  /** The prop, and its value. */
  readonly memoryMiB: readonly [prop: string, value: number];
}

/**
 * Throws for a size that Fargate does not have; CPU units that only a deployment knows, the deployment checks. Memory must be
 * a literal: half of it is kept for the proxy.
 */
export function checkFargateSize(scope: IConstruct, { cpu, memoryMiB }: FargateSize): void {
  const [cpuProp, units] = cpu;
  const [memoryProp, memory] = memoryMiB;
  checkLiteral(scope, memoryProp, memory);
  if (Token.isUnresolved(units)) return;
  const size = SIZES[units];
  const refuse = (prop: string, found: string, expected: string) =>
    new ConstructError(scope, {
      code: 'no-fargate-size',
      message: 'Fargate has no task of this size',
      prop,
      found,
      expected,
      remedy: `Give ${cpuProp} and ${memoryProp} together, as "Task CPU and memory" of AWS Fargate lists them.`,
    });
  if (!size) throw refuse(cpuProp, String(units), Object.keys(SIZES).join(', '));
  const [min, max, step] = size;
  const isNone = units === NOT.cpu && memory === NOT.memoryMiB;
  if (memory >= min && memory <= max && memory % step === 0 && !isNone) return;
  const found = `${memory} MiB with ${units} CPU units`;
  throw refuse(memoryProp, found, `${min} to ${max} MiB in steps of ${step}`);
}
