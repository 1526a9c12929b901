/**
 * The subpath `zero-trust-platform/aws-cdk`: the stack on AWS by the AWS CDK, as one construct or part by part.
 *
 * @packageDocumentation
 */

import '../../lib/supported-node.js';

export * from './authorizer/index.js';
export * from './authority/index.js';
export * from './data/index.js';
export * from './edge/index.js';
export * from './egress/index.js';
export * from './firewall/index.js';
export * from './gateway/index.js';
export * from './guardrails/index.js';
export * from './identity/index.js';
export * from './load-balancer/index.js';
export * from './login/index.js';
export * from './mesh/index.js';
export * from './plan-record/index.js';
export * from './policy-store/index.js';
export { ZeroTrustPlatform } from './platform.js';
export type { IZeroTrustPlatform, ZeroTrustPlatformAttributes } from './platform/imported.js';
export type {
  PlatformDirectoryProps,
  PlatformEdgeProps,
  PlatformEgressProps,
  PlatformPipelineProps,
  ZeroTrustPlatformProps,
} from './platform/props.js';
export type { PlatformVisibility, PlatformVisibilityProps } from './platform/visibility.js';
export * from './revocations/index.js';
export * from './visibility/index.js';
export { ConstructError, type ConstructProblem } from './support/error.js';
export type { BucketKeyProps } from './support/bucket-key.js';
export type { LogProps } from './support/encrypted-log-group.js';
export type { FunctionInstrumentation } from './support/instrumentation.js';
export type { Renames } from './support/logical-id.js';
export type { Weakening } from './support/weakening.js';
