import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import { exploreConnections, WANTED_CONNECTIONS } from '../../test/engines/istio/connections.js';
import { type Counts, Disagreement, explore, WANTED } from '../../test/engines/istio/explore.js';
import { MeshGround } from '../../test/engines/istio/mesh-ground.js';
import type { TranslateOptions } from '../../test/engines/istio/mesh-policy.js';
import type { Outcome } from '../prove.js';

const BLOCK = { policies: 12, requests: 40 } as const;
const CONNECTIONS = { policies: 40, connections: 50 } as const;
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
  let [pairs, connections, tried] = [0, 0, 0];
  try {
    for (let block = 0; pairs < Number(goal); block += 1) {
      pairs += await explore(ground, { ...BLOCK, seed: seedOf(seed, block) }, counts);
      console.log(`${pairs} of ${goal} pairs`);
    }
    connections = await exploreConnections(ground, { ...CONNECTIONS, seed }, counts);
    console.log(`${connections} connections`);
    const parts = [
      ...Object.entries(NEEDED).map(
        ([name, changed]) => [name, () => misses(ground, seed, changed)] as const,
      ),
      ...Object.entries(NEEDED_OF_CONNECTIONS).map(
        ([name, changed]) =>
          [
            `${name}, of connections`,
            () => isRed(() => exploreConnections(ground, { ...CONNECTIONS, seed, changed }, new Map())),
          ] as const,
      ),
    ];
    tried = parts.length;
    for (const [name, isMissed] of parts) {
      const found = await isMissed();
      console.log(`${found ? 'missed' : 'NOT MISSED'}: ${name}`);
      if (!found) unneeded.push(name);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { holds: false, summary: `stopped after ${pairs} pairs, seed ${seed}` };
  } finally {
    await ground.close();
  }
  for (const [name, met] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(met).padStart(8)}  ${name}`);
  const unmet = [...WANTED, ...WANTED_CONNECTIONS].filter((name) => !counts.has(name));
  for (const name of unmet) console.error(`never met: ${name}`);
  const more = unmet.length > 0 ? `; ${unmet.length} things never met` : '';
  return {
    holds: unmet.length + unneeded.length === 0,
    summary: `${pairs} pairs and ${connections} connections, 0 disagreements, seed ${seed}; missed ${tried - unneeded.length} of ${tried} parts that were taken away${more}`,
  };
}

type Changed = Omit<TranslateOptions, 'port'>;

/** What keeps the answers equal, and a mesh without it. */
const NEEDED: Readonly<Record<string, Changed>> = {
  'the canonical filter': without(({ kind }) => kind === 'EnvoyFilter'),
  'the denies': without(({ metadata }) => metadata.name.endsWith('-deny')),
  'the question to the decision service': without(({ metadata }) => metadata.name.endsWith('-custom')),
  'the trust domain in principals': anyDomain('kubernetes.dev.shop.example'),
  'the runtime of the mesh': { settings: (settings) => ({ ...settings, defaultConfig: {} }) },
};

const NEEDED_OF_CONNECTIONS: Readonly<Record<string, Changed>> = {
  'the denies': NEEDED['the denies']!,
  'the allow': without(({ metadata }) => metadata.name.endsWith('-allow')),
  'the question before the connection': without(({ metadata }) => metadata.name === 'ledger-connections'),
  'the trust domain in principals': anyDomain('kubernetes.test.shop.example'),
};

function anyDomain(trustDomain: string): Changed {
  return {
    change: (objects) =>
      JSON.parse(JSON.stringify(objects).replaceAll(`"${trustDomain}/`, '"*/')) as typeof objects,
  };
}

function without(isLeftOut: (object: KubernetesObject) => boolean): Changed {
  return { change: (objects) => objects.filter((object) => !isLeftOut(object)) };
}

async function misses(ground: MeshGround, seed: number, changed: Changed): Promise<boolean> {
  for (let block = 0; block < BLOCKS_WITHOUT; block += 1) {
    const one = { ...BLOCK, seed: seedOf(seed, block), changed };
    if (await isRed(() => explore(ground, one, new Map()))) return true;
  }
  return false;
}

async function isRed(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error) {
    if (error instanceof Disagreement) return true;
    throw error;
  }
}

function seedOf(seed: number, block: number): number {
  return (seed + block * 7919) % 2 ** 31;
}
