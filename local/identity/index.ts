export * from './config.js';
export * from './exchange.js';
export * from './grants.js';
export * from './identity.js';
export { DEVELOPMENT_CLIENT } from './clients.js';
