export * from './zero-trust-checks.js';
