import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ConstructError } from './error.js';
import { bundlePath } from './package-root.js';
import { stagedFiles } from './staged-files.js';

/**
 * The code of a function: its bundle, as it was published, and files beside it. Neither esbuild nor Docker
 * runs; equal contents are equal assets. Throws if the package was not built.
 */
export function stagedBundle(
  scope: Construct,
  folder: string,
  files: Readonly<Record<string, string>>,
): Code {
  const bundle = join(bundlePath(folder), 'index.js');
  if (!existsSync(bundle)) {
    throw new ConstructError(scope, {
      code: 'bundle-missing',
      message: 'the package has no bundle of this function',
      found: folder,
      remedy: 'Install the published package, or run `npm run build` in a checkout.',
    });
  }
  return Code.fromAsset(stagedFiles(scope, { 'index.js': readFileSync(bundle), ...files }));
}
