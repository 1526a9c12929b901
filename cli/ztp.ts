#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { checkNode } from '../lib/node-version.js';
import { COMMANDS } from './commands.js';
import { formatError, formatFinding } from './error.js';
import { version } from './version.js';

/** The exit codes of every command. */
const EXIT = { done: 0, failed: 1, usage: 2, internal: 3 } as const;

const AFTER_HELP = `
A model is a .ts, .mts, .js, .mjs or .cjs module that exports it by default or
as \`model\`, or a .json or .yaml file.

Exit codes: 0 done; 1 the model, a file or what was asked for has an error; 2 a
command line that cannot be read; 3 a fault of ztp itself. \`compare\` and \`diff\`,
as diff(1) does, say 1 for a difference, and 2 for every error that is not a
fault of ztp itself.`;

async function main(words: readonly string[]): Promise<number> {
  checkNode(process.versions.node);
  const program = new Command('ztp')
    .description('Zero trust from one model: who may call what.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', AFTER_HELP);
  silence(program);
  const wanted = words.find((word) => !word.startsWith('-') && word !== 'help');
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary);
    silence(command);
    if (name === wanted) (await load()).configure(command);
  }
  try {
    if (words.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (error.code !== 'commander.help') process.stderr.write(`${usageError(error, wanted)}\n`);
    return EXIT.usage;
  }
}

/** Errors of usage are thrown, and printed once, like any other error. */
function silence(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} });
}

function usageError(error: CommanderError, command: string | undefined): string {
  const known = command !== undefined && Object.hasOwn(COMMANDS, command);
  return formatFinding({
    code: error.code.replace(/^commander\./, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    severity: 'error',
    path: '',
    message: error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '),
    remedy: `ztp ${known ? `${command} ` : ''}--help`,
  });
}

function fail(error: unknown): number {
  process.stderr.write(`${formatError(error)}\n`);
  return error instanceof ZeroTrustError ? EXIT.failed : EXIT.internal;
}

/** A reader that has seen enough (`ztp plan --json | head`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.internal);
});

void main(process.argv.slice(2))
  .catch(fail)
  .then((code) => {
    // A model may leave a timer behind: end when everything is written, whatever still waits.
    process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
  });
