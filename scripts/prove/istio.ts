import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import { type Counts, Disagreement, explore, WANTED } from '../../test/engines/istio/explore.js';
import { MeshGround } from '../../test/engines/istio/mesh-ground.js';
import type { TranslateOptions } from '../../test/engines/istio/mesh-policy.js';
import type { Outcome } from '../prove.js';

const BLOCK = { policies: 12, requests: 40 } as const;
/** Blocks in which what is taken away must be missed. */
const BLOCKS_WITHOUT = 12;

/**
 * Random policies as Istio's objects, by way of Istio's own translation, on a real Envoy: it answers random requests as
 * `decide` does, and does not if a part is taken away. `ZTP_PROVE_SEED` repeats a seed, `ZTP_PROVE_PAIRS` says how many
 * pairs are tried.
 */
export async function proveIstio(): Promise<Outcome> {
  const { ZTP_PROVE_SEED: chosen, ZTP_PROVE_PAIRS: goal = '10000' } = process.env;
  const seed = chosen === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(chosen);
  console.log(`seed ${seed}`);
  const counts: Counts = new Map();
  const ground = await MeshGround.create();
  const unneeded: string[] = [];
  let pairs = 0;
  try {
    for (let block = 0; pairs < Number(goal); block += 1) {
      pairs += await explore(ground, { ...BLOCK, seed: seedOf(seed, block) }, counts);
      console.log(`${pairs} of ${goal} pairs`);
    }
    for (const [name, changed] of Object.entries(NEEDED)) {
      const isMissed = await misses(ground, seed, changed);
      console.log(`${isMissed ? 'missed' : 'NOT MISSED'}: ${name}`);
      if (!isMissed) unneeded.push(name);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { holds: false, summary: `stopped after ${pairs} pairs, seed ${seed}` };
  } finally {
    await ground.close();
  }
  for (const [name, met] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(met).padStart(8)}  ${name}`);
  const unmet = WANTED.filter((name) => !counts.has(name));
  for (const name of unmet) console.error(`never met: ${name}`);
  const more = unmet.length > 0 ? `; ${unmet.length} things never met` : '';
  return {
    holds: unmet.length + unneeded.length === 0,
    summary: `${pairs} pairs, 0 disagreements, seed ${seed}; missed ${Object.keys(NEEDED).length - unneeded.length} of ${Object.keys(NEEDED).length} parts that were taken away${more}`,
  };
}

type Changed = Omit<TranslateOptions, 'port'>;

/** What keeps the answers equal, and a mesh without it. */
const NEEDED: Readonly<Record<string, Changed>> = {
  'the canonical filter': without(({ kind }) => kind === 'EnvoyFilter'),
  'the denies': without(({ metadata }) => metadata.name.endsWith('-deny')),
  'the question to the decision service': without(({ metadata }) => metadata.name.endsWith('-custom')),
  'the trust domain in principals': {
    change: (objects) =>
      JSON.parse(
        JSON.stringify(objects).replaceAll('"kubernetes.dev.shop.example/', '"*/'),
      ) as typeof objects,
  },
  'the runtime of the mesh': { settings: (settings) => ({ ...settings, defaultConfig: {} }) },
};

function without(isLeftOut: (object: KubernetesObject) => boolean): Changed {
  return { change: (objects) => objects.filter((object) => !isLeftOut(object)) };
}

async function misses(ground: MeshGround, seed: number, changed: Changed): Promise<boolean> {
  for (let block = 0; block < BLOCKS_WITHOUT; block += 1) {
    try {
      await explore(ground, { ...BLOCK, seed: seedOf(seed, block), changed }, new Map());
    } catch (error) {
      if (error instanceof Disagreement) return true;
      throw error;
    }
  }
  return false;
}

function seedOf(seed: number, block: number): number {
  return (seed + block * 7919) % 2 ** 31;
}
