/**
 * The subpath `zero-trust-platform/cdk8s`, reserved for Kubernetes by cdk8s.
 *
 * This release contains no constructs: they come in a later one. Until then the model, the plan and
 * the local run (`zero-trust-platform` and `ztp`) are what there is to use.
 *
 * @packageDocumentation
 */

/** The engine that this subpath is for. */
export const engine = 'cdk8s' as const;
