import type { Command } from 'commander';
import type { Engine } from '../lib/model/service.js';
import { type DifferenceOptions, tellDifference } from './difference.js';
import { engineOption, parseInstant } from './options.js';

/** What `ztp compare` can be told. */
export interface CompareOptions extends DifferenceOptions {
  readonly engine: Engine;
  readonly environments?: boolean;
}

export function configure(command: Command): void {
  command
    .description(
      'Show which requests one model admits and the other does not, with an example of\neach. Whatever is written differently and decides alike is no difference.',
    )
    .argument('<old>', 'model file')
    .argument('<new>', 'model file')
    .option(
      '--environments',
      'two environments: take hosts, issuers, audiences and trust domains as the same',
    )
    .option('--markdown', 'print a report for a pull request')
    .option('--json', 'print { isSame, differences, besides, limits, requests, isExact, byDiagram, sampled }')
    .option('--time <instant>', 'compare as at this time (default: now)', parseInstant)
    .addOption(engineOption())
    .addHelpText(
      'after',
      `
Exact: each operation is asked by every caller that some rule tells apart, up
to 16 conditions one by one, above that all at once by a decision diagram. Only
where even that is too much are callers drawn, and the report says which it was.

What else decides and has changed (keys of issuers, trust domain, preflights,
sign-in, who reaches data) is listed as "changed besides", and what decides
about nobody as "limit". A difference is left out only if another one contains
it, which says how many it contains.

Examples:
  ztp compare main/model.ts model.ts
  ztp compare main/model.ts model.ts --markdown > comment.md
  ztp compare stage.ts production.ts --environments

Exits with 0 if both decide alike, 1 if not or if that is not known exactly, 2
if nothing was compared: a model, a file or the command line has an error.`,
    )
    .action((before: string, after: string, options: CompareOptions) =>
      tellDifference(async () => {
        const { compareModels } = await import('./compare-report.js');
        return compareModels(before, after, options);
      }),
    );
}
