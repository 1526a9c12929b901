/**
 * The development identity provider as a process: `node main.js --config FILE` (the file's schema is
 * in `config.ts`, that of the people's file in `users.ts`).
 *
 * Lines on standard output, one JSON object each: `ready` with every issuer, `users-rejected`,
 * `certificate-rejected`, `request-failed`, `error`.
 *
 * Commands on the control socket: `reload` (this file and the plan again), `keys`, `add-key` (a new
 * key signs, the old ones stay published) and `remove-key` (with `kid`), each with `issuer`.
 */
import { serveCommands } from '../control.js';
import { emit, runPart } from '../part.js';
import { IdentityProvider } from './identity.js';

async function start(path: string): Promise<{ ready: object; close(): Promise<void> }> {
  const provider = await IdentityProvider.open(path, emit);
  const { control } = provider.config;
  const stopCommands = control && (await serveCommands(control, provider.commands));
  return {
    ready: { ...provider.ready, control },
    close: async () => {
      if (stopCommands) await stopCommands();
      await provider.close();
    },
  };
}

void runPart(start);
