import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DevOptions } from './dev-run.js';

export function configure(command: Command): void {
  command
    .description('Run the whole platform on this machine, with real Envoys, and follow edits of the model.')
    .argument('<model>', 'model file')
    .option('--overlay <file>', 'how the services are run (default: built-in echoes)')
    .option('--users <file>', 'who can sign in')
    .option('--ready-file <file>', 'write where everything is, as JSON, once it is up')
    .option(
      '--state-dir <folder>',
      'keep keys, certificates and configurations here (default: a temporary folder)',
    )
    .option('--port <number>', "the gateway's port (default: 8443, or the next that is free)", parsePort)
    .addOption(
      new Option('--log <format>', 'how decisions are shown').choices(['text', 'json']).default('text'),
    )
    .option('--once', 'stop as soon as everything is up')
    .addHelpText(
      'after',
      `
Examples:
  ztp dev model.ts --overlay dev.yaml --users users.yaml
  ztp dev model.ts --log json | jq 'select(.decision == "refuse")'

It ends with Ctrl-C. Parts are isolated from one another by convention only:
they are processes of one user on one machine.`,
    )
    .action(async (path: string, options: DevOptions) =>
      (await import('./dev-run.js')).runDev(path, options),
    );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  }
  return port;
}
