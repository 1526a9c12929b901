import { join } from 'node:path';
import { Child } from '../../../local/child.js';
import type { Ministack } from './ministack.js';

export const cli = join(__dirname, '..', '..', '..', 'node_modules', 'aws-cdk', 'bin', 'cdk');

/** Neither asks a registry for its newest version nor reports anything. */
export const SILENT = { CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' };

/** The CDK's own command line against a local AWS; fails with what it printed. */
export async function cdk(aws: Ministack, args: readonly string[], directory?: string): Promise<string> {
  const lines: string[] = [];
  const child = new Child({
    command: process.execPath,
    args: [cli, ...args, '--no-color', '--no-notices', '--ci'],
    ...(directory !== undefined && { directory }),
    environment: { ...aws.environment, ...SILENT },
    guardian: aws.guardian,
    onLine: (line) => lines.push(line),
  });
  const { code } = await child.exited;
  const output = lines.join('\n');
  if (code !== 0) {
    throw new Error(`cdk ${args.join(' ')} ended with ${code}:\n${output}\n${aws.log.slice(-30).join('\n')}`);
  }
  return output;
}

/** Prepare the account, deploy a synthesized assembly, or destroy what was deployed from it. */
export const deployment = {
  bootstrap: (aws: Ministack) => cdk(aws, ['bootstrap', `aws://000000000000/eu-central-1`], aws.folder),
  deploy: (aws: Ministack, assembly: string, ...args: readonly string[]) =>
    cdk(
      aws,
      ['deploy', '--app', assembly, '--all', '--require-approval', 'never', '--progress', 'events', ...args],
      aws.folder,
    ),
  destroy: (aws: Ministack, assembly: string) =>
    cdk(aws, ['destroy', '--app', assembly, '--all', '--force'], aws.folder),
};
