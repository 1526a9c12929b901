import { type Counts, explore, WANTED } from '../../test/engines/istio/explore.js';
import { MeshGround } from '../../test/engines/istio/mesh-ground.js';
import type { Outcome } from '../prove.js';

const BLOCK = { policies: 12, requests: 40 } as const;

/**
 * Random policies as Istio's objects, by way of Istio's own translation, on a real Envoy: it answers random requests as
 * `decide` does. `ZTP_PROVE_SEED` repeats a seed, `ZTP_PROVE_PAIRS` says how many pairs are tried.
 */
export async function proveIstio(): Promise<Outcome> {
  const { ZTP_PROVE_SEED: chosen, ZTP_PROVE_PAIRS: goal = '10000' } = process.env;
  const seed = chosen === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(chosen);
  console.log(`seed ${seed}`);
  const counts: Counts = new Map();
  const ground = await MeshGround.create();
  let pairs = 0;
  try {
    for (let block = 0; pairs < Number(goal); block += 1) {
      pairs += await explore(ground, { ...BLOCK, seed: (seed + block * 7919) % 2 ** 31 }, counts);
      console.log(`${pairs} of ${goal} pairs`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { holds: false, summary: `a disagreement after ${pairs} pairs, seed ${seed}` };
  } finally {
    await ground.close();
  }
  for (const [name, met] of [...counts].sort()) console.log(`${String(met).padStart(8)}  ${name}`);
  const unmet = WANTED.filter((name) => !counts.has(name));
  for (const name of unmet) console.error(`never met: ${name}`);
  const more = unmet.length > 0 ? `; ${unmet.length} things never met` : '';
  return { holds: unmet.length === 0, summary: `${pairs} pairs, 0 disagreements, seed ${seed}${more}` };
}
