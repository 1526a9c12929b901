export * from './access.js';
export * from './condition.js';
export * from './data.js';
export {
  AllowOutBuilder,
  allowOut,
  type Destination,
  type Egress,
  type EgressPrincipal,
  type EgressRule,
  type EgressRuleLike,
} from './egress.js';
export { extendZeroTrust, type ModelChanges } from './extend.js';
export * from './identity.js';
export * from './login.js';
export * from './platform.js';
export * from './principal.js';
export * from './service.js';
