import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * A folder with these files, which the CDK makes an asset of. It lies in the assembly that the scope goes into and is
 * named after what it holds: a synthesis that is interrupted leaves nothing elsewhere, the next one writes to the same
 * place, and it is still there for who deploys without staged assets (`cdk synth --no-staging`).
 */
export function stagedFiles(scope: Construct, files: Readonly<Record<string, string | Uint8Array>>): string {
  const hash = createHash('sha256');
  for (const [name, contents] of Object.entries(files)) {
    hash.update(`${name} ${Buffer.byteLength(contents)}\n`).update(contents);
  }
  // There is one: the CDK itself puts a stack without an app into an app.
  const assembly = Stage.of(scope)!.assetOutdir;
  const folder = join(assembly, 'zero-trust-platform', hash.digest('hex').slice(0, 32));
  mkdirSync(folder, { recursive: true });
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);
  return folder;
}
