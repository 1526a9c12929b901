import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ConstructError } from './error.js';
import { bundlePath } from './package-root.js';

/** One folder of this process for all of them; making one that nobody can guess is what costs. */
let home: string | undefined;
let staged = 0;

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
  const target = join(stagingFolder(), String((staged += 1)));
  mkdirSync(target);
  copyFileSync(bundle, join(target, 'index.js'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(target, name), text);
  return Code.fromAsset(target);
}

function stagingFolder(): string {
  if (home !== undefined && existsSync(home)) return home;
  const made = mkdtempSync(join(tmpdir(), 'zero-trust-platform-'));
  home = made;
  // CDK has copied everything into its own output by then.
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}
