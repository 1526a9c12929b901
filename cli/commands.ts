import type { Command } from 'commander';

/** What a command's file exports: it describes its arguments, and says what runs. */
export interface CommandFile {
  configure(command: Command): void;
}

interface Entry {
  readonly summary: string;
  /** Only the command that is asked for is loaded: nothing else costs the start of `ztp`. */
  readonly load: () => Promise<CommandFile>;
}

export const COMMANDS: Readonly<Record<string, Entry>> = {
  init: { summary: 'write a first model that runs', load: () => import('./init.js') },
  check: { summary: 'report what is wrong with a model', load: () => import('./check.js') },
  plan: { summary: 'show what a model comes to', load: () => import('./plan.js') },
  dev: { summary: 'run the platform on this machine', load: () => import('./dev.js') },
  test: { summary: 'run the tests of a policy', load: () => import('./test.js') },
  compare: { summary: 'show what two models decide differently', load: () => import('./compare.js') },
  diff: { summary: 'show what a deployment would change', load: () => import('./diff.js') },
  explain: { summary: 'show what each point decides about a request', load: () => import('./explain.js') },
  images: { summary: 'pin the base images of gateway and sidecars', load: () => import('./images.js') },
  revoke: { summary: 'stop a token, a rule or a service at once', load: () => import('./revoke.js') },
};
