import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../lib/index.js';
import { planText } from '../../lib/index.js';
import {
  type AuthorityConfig,
  leafPaths,
  LocalAuthority,
  pointSecrets,
} from '../../local/authority/index.js';
import { temporaryFolder } from '../local/temporary.js';
import { issuersPlan } from '../support/issuers.js';

export const ORDERS = 'services/orders/sidecar';
export const LIFE = 600;
/** What the default leaf of one machine lives; a test below holds the two together. */
export const plan = issuersPlan();

interface Line {
  readonly event: string;
  readonly owner?: string;
  readonly leaf?: string;
  readonly reason?: string;
  readonly serial?: string;
  readonly code?: string;
}

/** An authority on a clock of its own. */
export class Machine {
  readonly folder = temporaryFolder();
  readonly lines: Line[] = [];
  seconds = 0;
  random = 0.5;
  readonly config: AuthorityConfig = {
    plan: join(this.folder, 'plan.json'),
    state: join(this.folder, 'state'),
    secrets: join(this.folder, 'secrets'),
    gatewayHosts: ['localhost', '127.0.0.9'],
  };

  constructor(
    /** Milliseconds since the epoch at which its clock starts. */
    readonly started = Date.now(),
  ) {
    this.write(plan);
  }

  write(value: Plan): void {
    writeFileSync(this.config.plan, planText(value));
  }

  open(): Promise<LocalAuthority> {
    return LocalAuthority.open(this.config, {
      emit: (event, fields) => this.lines.push({ event, ...fields }),
      now: () => new Date(this.started + this.seconds * 1000),
      random: () => this.random,
    });
  }

  /** What was issued since the last look, as `owner/leaf: reason`. */
  issued(): string[] {
    return this.lines
      .splice(0)
      .filter(({ event }) => event === 'issued')
      .map(({ owner, leaf, reason }) => `${owner}/${leaf}: ${reason}`);
  }

  leaf(owner = ORDERS, leaf: 'server' | 'edge' = 'server') {
    const paths = leafPaths(this.config.secrets, owner, leaf);
    const chain = readFileSync(paths.certificate, 'utf8');
    return { chain, key: readFileSync(paths.key, 'utf8'), certificate: new X509Certificate(chain) };
  }

  /** The bundle that a point's `peers.json` names. */
  bundle(point = ORDERS): string {
    const text = readFileSync(pointSecrets(this.config.secrets, point).peers, 'utf8');
    return readFileSync(/"filename": "(.*)"/.exec(text)?.[1] ?? '', 'utf8');
  }
}
