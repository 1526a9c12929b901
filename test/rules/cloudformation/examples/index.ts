import { edge } from './edge.js';
import type { Examples } from './example.js';
import { firewall } from './firewall.js';
import { identity } from './identity.js';
import { network } from './network.js';
import { workload } from './workload.js';

/** Of every check, by its id. */
export const EXAMPLES: Readonly<Record<string, Examples>> = {
  ...edge,
  ...firewall,
  ...network,
  ...identity,
  ...workload,
};
