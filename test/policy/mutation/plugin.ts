import { DecisionRunner } from './runner.js';

/** Stryker's own form of a plugin; it loads this file in the process that runs tests. */
export const strykerPlugins = [
  { kind: 'TestRunner', name: 'decisions', factory: () => new DecisionRunner() },
];
