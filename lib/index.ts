/**
 * zero-trust-platform: declare once who may call what, and provision the whole zero trust stack.
 *
 * `defineZeroTrust` declares a model, `resolve` turns it into a plan, `decide` is the reference
 * decision that every enforcement point is compiled from.
 */
import './supported-node.js';

export * from './diagnostic.js';
export * from './model/index.js';
export * from './plan/index.js';
export * from './policy/index.js';
export type { CoverageReport } from './insight/coverage.js';
export {
  definePolicyTests,
  parsePolicyTests,
  type PolicyTest,
  type PolicyTestModule,
  type PolicyTestSuite,
  type TestUser,
  type TestWho,
} from './insight/policy-test.js';
export {
  assertPolicy,
  type PolicyTestReport,
  type PolicyTestResult,
  runPolicyTests,
} from './insight/policy-test-run.js';
