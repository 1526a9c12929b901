'use strict';

/**
 * These packages are published as ES modules only; jest's own loader takes CommonJS, so swc translates
 * them too. Everything else under node_modules is loaded as it is.
 */
const esModulesOnly = ['@marcbachmann/cel-js', 'jose', 'oidc-provider'];

/**
 * These are loaded once in a worker and not anew for each test file, which costs more than most tests do. They live
 * beside the tests' realm: what asks whether `x.constructor === Object` (cdk8s), or reads what a test writes into
 * `process.env` (the SDK of AWS), cannot be among them.
 */
const loadedOnce = ['aws-cdk-lib', 'cdk-nag', 'constructs', 'zod'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/worker.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/set-up.mjs',
  globalTeardown: '<rootDir>/test/tear-down.mjs',
  setupFiles: ['<rootDir>/test/support/built-programs.ts'],
  // A built copy of a module must never be taken for the module.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.stryker-tmp/'],
  moduleNameMapper: {
    // Sources name one another as they are built, `./x.js`; here only `./x.ts` exists.
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
    '^zero-trust-platform$': '<rootDir>/lib/index.ts',
    '^zero-trust-platform/(aws-cdk|cdk8s|terraform|pulumi)$': '<rootDir>/constructs/$1/index.ts',
  },
  transform: {
    [`/node_modules/(?:${loadedOnce.join('|')})/.+\\.js$`]: '<rootDir>/test/loaded-once.cjs',
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${[...esModulesOnly, ...loadedOnce].join('|')})/)`],
  // One more than there are cores: many tests wait for an Envoy, a clock or a server.
  maxWorkers: 3,
  testSequencer: '<rootDir>/test/longest-first.mjs',
  // It only ends what would never end: a test takes seconds, and on a busy machine many times that.
  testTimeout: 240_000,
};
