/**
 * The authority as a process: `node main.js --config FILE` (the file's schema is in `config.ts`).
 *
 * Lines on standard output, one JSON object each: `ready`, one `issued` for each certificate,
 * `failed` where one could not be issued, `root-prepared`, `root-activated`, `root-retired`, `error`.
 *
 * Commands on the control socket: `reload` (the plan's file again), `reissue` (all leaves, or those
 * of `owner`), `prepare-root`, `activate-root`, `retire-root` (a change of the mesh's root in three
 * steps, with as much time between them as the points need to read what was written).
 */
import { type Commands, failure, serveCommands } from '../control.js';
import { emit, readConfig, runPart } from '../part.js';
import { LocalAuthority } from './authority.js';
import { authorityConfigSchema } from './config.js';
import { edgeBundle } from './layout.js';

/** Milliseconds between two looks, at least and at most: a machine may have slept meanwhile. */
const SHORTEST = 200;
const LONGEST = 30_000;

async function start(path: string): Promise<{ ready: object; close(): Promise<void> }> {
  const config = readConfig(path, authorityConfigSchema);
  const authority = await LocalAuthority.open(config, { emit });
  const stopRenewing = renewForEver(authority);
  const stopCommands = config.control && (await serveCommands(config.control, commandsOf(authority)));
  return {
    ready: { secrets: config.secrets, edge: edgeBundle(config.secrets), control: config.control },
    close: async () => {
      stopRenewing();
      if (stopCommands) await stopCommands();
    },
  };
}

function commandsOf(authority: LocalAuthority): Commands {
  return {
    reload: () => authority.reload(),
    reissue: ({ owner }) => authority.reissue(typeof owner === 'string' ? owner : undefined),
    'prepare-root': () => authority.prepareRoot(),
    'activate-root': () => authority.activateRoot(),
    'retire-root': () => authority.retireRoot(),
  };
}

function renewForEver(authority: LocalAuthority): () => void {
  let timer: NodeJS.Timeout;
  const look = async () => {
    let next = Date.now() + LONGEST;
    try {
      next = (await authority.renew()).getTime();
    } catch (error) {
      emit('failed', failure(error));
    }
    timer = setTimeout(() => void look(), Math.min(LONGEST, Math.max(SHORTEST, next - Date.now())));
  };
  timer = setTimeout(() => void look(), SHORTEST);
  return () => clearTimeout(timer);
}

void runPart(start);
