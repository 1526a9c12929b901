import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../lib/plan/plan.js';
import type { Listener } from './events.js';
import type { StateFolder } from './files.js';
import type { Guardian } from './guardian.js';
import type { ServedIssuer } from './identity/identity.js';
import { IdentityProcess } from './identity-process.js';
import type { Settled } from './machine.js';
import type { IdentitySource } from './platform-options.js';
import type { IssuerEndpoint, Wiring } from './wiring.js';

/** Whoever issues the tokens of a platform. */
export interface IdentityPart {
  readonly pid: number | undefined;
  /** Where the keys of each issuer of a plan are served, by name. */
  endpoints(plan: Plan): Readonly<Record<string, IssuerEndpoint>>;
  /** For people. */
  describe(plan: Plan): string;
  /** Serve the issuers of the plan. */
  settle(plan: Plan): Promise<Settled>;
  /** How to obtain a token of each issuer; none of an issuer elsewhere. */
  tokens(): Readonly<Record<string, ServedIssuer>>;
  stop(): Promise<void>;
}

export interface IdentityOptions {
  readonly state: StateFolder;
  readonly wiring: Wiring;
  readonly guardian: Guardian;
  readonly onEvent: Listener;
}

export function identityPart(source: IdentitySource, options: IdentityOptions): IdentityPart {
  if (source.kind === 'local') return new IdentityProcess(options, source.users);
  // Beside everything else that an Envoy reads, so that one in a container finds it, too.
  const folder = options.state.folder('issuers');
  const issuers = Object.fromEntries(
    Object.entries(source.issuers).map(([name, endpoint]) => {
      const ca = join(folder, `${name}.pem`);
      copyFileSync(endpoint.ca, ca);
      return [name, { ...endpoint, ca }];
    }),
  );
  return {
    pid: undefined,
    endpoints: () => issuers,
    describe: () => 'issuers elsewhere',
    settle: async () => 'same',
    tokens: () => ({}),
    stop: async () => {},
  };
}
