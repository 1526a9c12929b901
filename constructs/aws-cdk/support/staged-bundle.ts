import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ConstructError } from './error.js';
import { bundlePath } from './package-root.js';

const staged: string[] = [];

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
  const target = mkdtempSync(join(tmpdir(), 'zero-trust-platform-'));
  if (staged.push(target) === 1) process.once('exit', removeStaged);
  copyFileSync(bundle, join(target, 'index.js'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(target, name), text);
  return Code.fromAsset(target);
}

/** CDK has copied them into its own output by then. */
function removeStaged(): void {
  for (const folder of staged) rmSync(folder, { recursive: true, force: true });
}
