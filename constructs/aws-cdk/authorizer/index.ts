export { FULL_CACHE_KEY } from './cache.js';
export type { AuthorizerMetric } from './authorizer-metrics.js';
export type { HttpProtectOptions } from './http-api-protection.js';
export type { ITokenAuthorizer, TokenAuthorizerAttributes } from './imported-authorizer.js';
export type { ProtectedApi, RevocationTable, AuthorizerSettings, TokenAuthorizerProps } from './props.js';
export type { ProofProps } from './proofs.js';
export type { ProtectOptions } from './protect.js';
export { TokenAuthorizer } from './token-authorizer.js';
