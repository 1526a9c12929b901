import type { Command } from 'commander';
import { InvalidModelError } from '../lib/diagnostic.js';
import type { Engine } from '../lib/model/service.js';
import { formatFindings } from './diagnostics.js';
import { engineOption, noticeIfNotDeployed } from './options.js';

interface Options {
  readonly engine: Engine;
  readonly json?: boolean;
}

export function configure(command: Command): void {
  command
    .description('Show what a model comes to: its points, issuers, and who may call what.')
    .argument('<model>', 'model file')
    .addOption(engineOption())
    .option('--json', 'print the plan itself: the same bytes for the same model')
    .addHelpText(
      'after',
      `
Examples:
  ztp plan model.ts
  ztp plan model.ts --engine aws --json > plan.json

The plan's fields and what they promise: docs/plan.md`,
    )
    .action(run);
}

async function run(path: string, { engine, json }: Options): Promise<void> {
  const { loadResolution } = await import('./load-plan.js');
  const { plan, diagnostics } = await loadResolution(path, engine);
  if (!plan) throw new InvalidModelError(diagnostics);
  noticeIfNotDeployed(engine);
  if (json) {
    const { planText } = await import('../lib/plan/resolve.js');
    process.stdout.write(planText(plan));
    return;
  }
  const { planSummary } = await import('./plan-summary.js');
  process.stdout.write(`${planSummary(plan)}\n`);
  if (diagnostics.length > 0) process.stdout.write(`\n${formatFindings(diagnostics)}\n`);
}
