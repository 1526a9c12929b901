'use strict';

/**
 * These packages are published as ES modules only; jest's own loader takes CommonJS, so swc translates
 * them too. Everything else under node_modules is loaded as it is.
 */
const esModulesOnly = ['@marcbachmann/cel-js', 'jose', 'oidc-provider'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/bundle-once.mjs',
  // A built copy of a module must never be taken for the module.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.stryker-tmp/'],
  moduleNameMapper: {
    // Sources name one another as they are built, `./x.js`; here only `./x.ts` exists.
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
    '^zero-trust-platform$': '<rootDir>/lib/index.ts',
    '^zero-trust-platform/(aws-cdk|cdk8s|terraform|pulumi)$': '<rootDir>/constructs/$1/index.ts',
  },
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esModulesOnly.join('|')})/)`],
  // One more than there are cores: many tests wait for an Envoy, a clock or a server.
  maxWorkers: 3,
  testTimeout: 60_000,
};
