/**
 * The subpath `zero-trust-platform/aws-cdk`, reserved for the AWS CDK.
 *
 * This release contains no constructs: they come in a later one. Until then the model, the plan and
 * the local run (`zero-trust-platform` and `ztp`) are what there is to use.
 *
 * @packageDocumentation
 */

/** The engine that this subpath is for. */
export const engine = 'aws-cdk' as const;
