export { BOUND_KEY, BOUND_NAMESPACE } from './condition.js';
export { JWT_NAMESPACE } from './cel.js';
export { headerKey } from './matcher.js';
export { type IsLeftOut, partition, type PathPartition } from './partition.js';
export { MAX_PROGRAM_SIZE } from './permission.js';
export { type CompilePoint, seesClient, takesProofs } from './point.js';
export { EMERGENCY, type RoutePolicies, routePolicies } from './route.js';
export type { Policies } from './rule.js';
export { BAD_TOKEN, issuerPolicies, serviceTokenPolicies, tokenPolicies } from './token.js';
