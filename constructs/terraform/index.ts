/**
 * The subpath `zero-trust-platform/terraform`, reserved for Terraform by CDK Terrain or cdktf.
 *
 * This release contains no constructs: they come in a later one. Until then the model, the plan and
 * the local run (`zero-trust-platform` and `ztp`) are what there is to use.
 *
 * @packageDocumentation
 */

/** The engine that this subpath is for. */
export const engine = 'terraform' as const;
