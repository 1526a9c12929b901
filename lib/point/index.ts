/** What whoever runs an Envoy as a point does, on every engine: its configuration, its files, its state. */
export * from './admin.js';
export * from './configuration.js';
export * from './files.js';
export * from './leaf-folder.js';
export * from './rules.js';
export * from './url-variable.js';
