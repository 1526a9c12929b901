import { join } from 'node:path';

/** Import this first: constructs then find one small bundle in place of each that the build makes. */
jest.mock('../../../../constructs/aws-cdk/support/package-root.js', () => ({
  bundlePath: () => join(__dirname, 'bundle'),
}));
