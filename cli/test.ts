import type { Command } from 'commander';
import type { Engine } from '../lib/model/service.js';
import { engineOption, parseInstant } from './options.js';

/** What `ztp test` can be told. */
export interface TestOptions {
  readonly model?: string;
  readonly engine: Engine;
  readonly time?: number;
  readonly coverage?: boolean;
  readonly watch?: boolean;
  readonly junit?: string;
  readonly json?: boolean;
}

export function configure(command: Command): void {
  command
    .description(
      'Run the tests of a policy: requests, who makes them, and what is to be\ndecided. Nothing is started, and nothing is sent.',
    )
    .argument('<tests...>', 'test files: YAML, JSON or a module')
    .option('--model <file>', 'model file (default: the one that the tests name)')
    .option('--time <instant>', 'when tests without a time are (default: now)', parseInstant)
    .option('--coverage', 'show which rules, conditions and claims no test meets')
    .option('--watch', 'run again after every edit')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--json', 'print the results as JSON')
    .addOption(engineOption())
    .addHelpText(
      'after',
      `
A test file:
  model: model.ts
  tests:
    - request: GET https://orders.shop.example/orders/17
      who: { user: people, groups: [staff], mfa: true, signedIn: 5m }
      expect: allow
      rule: see-order

Examples:
  ztp test policy.test.yaml --coverage
  ztp test services/*/policy.test.yaml --model model.ts --junit results.xml

Exits with 1 if a test fails.`,
    )
    .action(async (files: string[], options: TestOptions) => {
      if (options.watch) return (await import('./test-watch.js')).watchTests(files);
      return (await import('./test-run.js')).runTests(files, options);
    });
}
