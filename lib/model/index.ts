export * from './access.js';
export * from './condition.js';
export * from './identity.js';
export * from './platform.js';
export * from './principal.js';
export * from './service.js';
