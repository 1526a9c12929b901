import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { cliError } from './error.js';
import { FIRST_FILES } from './first-files.js';
import { commandLines, table } from './text.js';

export function configure(command: Command): void {
  command
    .description('Write a first model that runs, and what its local run needs.')
    .argument('[folder]', 'where to', '.')
    .addHelpText(
      'after',
      `
Examples:
  ztp init
  ztp init platform

Nothing is overwritten: if one of the files is there, none is written.`,
    )
    .action(run);
}

function run(folder: string): void {
  const present = Object.keys(FIRST_FILES).filter((name) => existsSync(join(folder, name)));
  if (present.length > 0) {
    throw cliError(
      'file-exists',
      join(folder, present[0] ?? ''),
      'the file is there already, nothing is written',
      {
        found: present.join(', '),
        remedy: 'name another folder: `ztp init platform`',
      },
    );
  }
  write(folder);
  const model = join(folder, 'model.ts');
  const [overlay, users] = ['dev.yaml', 'users.yaml'].map((name) => join(folder, name));
  const lines = [
    table(Object.entries(FIRST_FILES).map(([name, { what }]) => [join(folder, name), what])),
    '',
    'Once, so that npx finds this package, and your editor the names of your model:',
    '  npm install --save-dev zero-trust-platform',
    '',
    'Find mistakes, see what it comes to, run it on this machine:',
    `  npx ztp check ${model}`,
    `  npx ztp plan ${model}`,
    commandLines(['npx ztp dev', model, `--overlay ${overlay}`, `--users ${users}`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function write(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, { text }] of Object.entries(FIRST_FILES)) {
      // `wx`: a file that appeared since is not overwritten either.
      writeFileSync(join(folder, name), text, { flag: 'wx' });
    }
  } catch (error) {
    throw cliError('init-failed', folder, 'the files cannot be written', {
      found: error instanceof Error ? error.message : String(error),
      remedy: 'name a folder that is yours, or one that can be made',
    });
  }
}
