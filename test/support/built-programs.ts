import { join } from 'node:path';
import type * as PackageRoot from '../../local/package-root.js';
import type * as Compiled from './compiled.js';

/**
 * The package's own programs are started as they are built, as a user's are; by tsx each start would take a second.
 * Those that only tests have are no part of the package.
 */
jest.mock('../../local/package-root.js', () => {
  const actual = jest.requireActual<typeof PackageRoot>('../../local/package-root.js');
  const { compiledPackage } = jest.requireActual<typeof Compiled>('./compiled.js');
  return {
    ...actual,
    nodeProgram: (name: string) =>
      name.startsWith('test/') ? actual.nodeProgram(name) : [join(compiledPackage(), 'dist', `${name}.js`)],
  };
});
