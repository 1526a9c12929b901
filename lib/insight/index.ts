export * from './describe.js';
export * from './explain.js';
export * from './token.js';
