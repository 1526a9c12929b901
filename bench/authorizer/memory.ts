import { setFlagsFromString } from 'node:v8';
import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import type { Fact } from '../harness.js';
import { oursWith } from './peers.js';
import { tokenOf } from './tokens.js';

/** Memory of verified tokens: 16 MiB, as it is unless said. */
const CACHE = 2048;

/** MiB of heap after a tenth and after all of so many distinct tokens, each verified once. */
export async function memory({ quick }: { readonly quick: boolean }): Promise<Fact[]> {
  const tokens = quick ? 20_000 : 1_000_000;
  const verify = await oursWith(CACHE);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const facts: Fact[] = [];
  for (let count = 1; count <= tokens; count += 1) {
    verify(tokenOf('ES256'));
    // Keys are fetched anew meanwhile.
    if (count % 1000 === 0) await setImmediate();
    // Results come when all has ended, and this takes minutes.
    if (count % (tokens / 10) === 0) console.error(`memory: ${count} of ${tokens} tokens`);
    if (count !== tokens / 10 && count !== tokens) continue;
    collect();
    const value = process.memoryUsage().heapUsed / 2 ** 20;
    facts.push({ what: 'heap', subject: `ours, after ${count} distinct tokens`, value, unit: 'MiB' });
  }
  return facts;
}
