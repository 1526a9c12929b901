import type { Command } from 'commander';
import { type DifferenceOptions, tellDifference } from './difference.js';
import { parseInstant } from './options.js';

/** What `ztp diff` can be told. */
export interface DiffOptions extends DifferenceOptions {
  readonly deployed?: string;
  readonly parameter?: string;
  readonly region?: string;
}

export function configure(command: Command): void {
  command
    .description(
      'Show what a deployment of the model would change: who may do what, and what else\ndecides. The deployed plan is read from AWS, and refused if its hash is another.',
    )
    .argument('<model>', 'model file')
    .option('--parameter <name>', 'that holds where the plan is (default: /zero-trust/TRUST-DOMAIN/plan)')
    .option('--region <region>', 'of the platform (default: AWS_REGION)')
    .option('--deployed <file>', 'the deployed plan, if it is at hand; AWS is not asked')
    .option('--markdown', 'print a report for a pull request')
    .option('--json', 'print what `ztp compare --json` prints')
    .option('--time <instant>', 'compare as at this time (default: now)', parseInstant)
    .addHelpText(
      'after',
      `
AWS is asked with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and
AWS_SESSION_TOKEN):
  eval "$(aws configure export-credentials --format env)"

Examples:
  ztp diff production.ts --region eu-west-1
  ztp diff model.ts --deployed plan.json --markdown > comment.md

Exits with 0 if both decide alike, 1 if not or if that is not known exactly, 2
if nothing was compared: the model, the deployed plan or the command line has an
error. Limits and labels decide about nobody: they are listed.`,
    )
    .action((path: string, options: DiffOptions) =>
      tellDifference(async () => {
        const { diffDeployed } = await import('./diff-run.js');
        return diffDeployed(path, options);
      }),
    );
}
