export * from './authority.js';
export * from './config.js';
export * from './layout.js';
export * from './root-folder.js';
