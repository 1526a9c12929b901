/** The check of a load balancer before the gateway (`jwt-validation`). */
export type { AudienceFormat, JwtCheck, JwtCheckOptions, JwtClaim } from './check.js';
export { type CompiledJwtCheck, compileJwtCheck } from './compile.js';
export { type JwtCheckFeature, type JwtCheckRefusal, shownBy } from './refusal.js';
export { stricterThan } from './stricter.js';
