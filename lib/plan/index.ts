export * from './decision-log.js';
export * from './plan.js';
export * from './refs.js';
export * from './resolve.js';
