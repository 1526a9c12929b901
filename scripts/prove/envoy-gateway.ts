import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import { type Change, EdgeGround } from '../../test/engines/envoy-gateway/edge-ground.js';
import {
  explore,
  exploreOutage,
  type Exploration,
  WANTED,
} from '../../test/engines/envoy-gateway/explore.js';
import { type Counts, Disagreement } from '../../test/engines/istio/explore.js';
import type { Outcome } from '../prove.js';

const BLOCK = { policies: 12, requests: 40 } as const;
/** Blocks in which what is changed must be missed. */
const BLOCKS_WITHOUT = 8;

/**
 * Random policies at the gateway that is emitted, by way of Envoy Gateway's own translation, on a real Envoy that calls
 * services over mutual TLS: it answers random requests as `decide` does, and does not if a part is taken away.
 * `ZTP_PROVE_SEED` repeats a seed, `ZTP_PROVE_PAIRS` says how many pairs are tried.
 */
export async function proveEnvoyGateway(): Promise<Outcome> {
  const { ZTP_PROVE_SEED: chosen, ZTP_PROVE_PAIRS: goal = '5000' } = process.env;
  const seed = chosen === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(chosen);
  console.log(`seed ${seed}`);
  const counts: Counts = new Map();
  const ground = await EdgeGround.create();
  const unneeded: string[] = [];
  let pairs = 0;
  try {
    for (let block = 0; pairs < Number(goal); block += 1) {
      pairs += await explore(ground, { ...BLOCK, seed: seedOf(seed, block) }, counts);
      console.log(`${pairs} of ${goal} pairs`);
    }
    const callers = [...ground.callers];
    if (callers.join() !== 'URI:spiffe://kubernetes.dev.shop.example/ns/edge/sa/gateway') {
      throw new Error(`services were called by ${callers.join(', ')}`);
    }
    console.log(`${await exploreOutage(ground, seed)} requests refused while nobody could be asked`);
    const tries = Object.entries(NEEDED).map(
      ([name, changed]) => [name, () => misses(ground, seed, changed)] as const,
    );
    const outages = Object.entries(OPENED).map(
      ([name, change]) => [name, () => missesOutage(ground, seed, change)] as const,
    );
    for (const [name, tried] of [...tries, ...outages]) {
      const isMissed = await tried();
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
  const all = Object.keys(NEEDED).length + Object.keys(OPENED).length;
  return {
    holds: unmet.length + unneeded.length === 0,
    summary: `${pairs} pairs, 0 disagreements, seed ${seed}; missed ${all - unneeded.length} of ${all} changes${more}`,
  };
}

type Changed = Pick<Exploration, 'change' | 'looksAtConditions'>;

/** What keeps the answers equal, and a gateway without it; and what Envoy Gateway itself must tell of. */
const NEEDED: Readonly<Record<string, Changed>> = {
  'the security policy': unseen(without('SecurityPolicy')),
  'the patches': unseen(without('EnvoyPatchPolicy')),
  'the policies of clients': unseen(without('ClientTrafficPolicy')),
  'the route of other hosts': unseen((objects) =>
    objects.filter(({ metadata }) => metadata.name !== 'no-service'),
  ),
  'the identity of services': unseen(without('BackendTLSPolicy')),
  'a policy of a route, which replaces the gateway’s': unseen((objects) => [...objects, OF_A_ROUTE]),
  'what Envoy Gateway says of a policy of a route': { change: (objects) => [...objects, OF_A_ROUTE] },
};

/** By which somebody passes, or is told something else, while nobody can be asked. */
const OPENED: Readonly<Record<string, Change>> = {
  'failOpen, for which the authorization still stands': opened(({ authorization }) => ({ authorization })),
  'failOpen without the authorization': opened(() => ({})),
};

function opened(left: (spec: Record<string, unknown>) => Record<string, unknown>): Change {
  return (objects) =>
    objects.map((object) => {
      if (object.kind !== 'SecurityPolicy') return object;
      const { targetRefs, extAuth, ...rest } = object['spec'] as Record<string, object>;
      return { ...object, spec: { targetRefs, extAuth: { ...extAuth, failOpen: true }, ...left(rest) } };
    });
}

/** What a team would write for its own pages, and by which all else of the gateway's policy is gone there. */
const OF_A_ROUTE: KubernetesObject = {
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'SecurityPolicy',
  metadata: { name: 'pages', namespace: 'shop' },
  spec: {
    targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'orders' }],
    cors: { allowOrigins: ['https://www.shop.example'] },
  },
};

/** By what is answered alone. */
function unseen(change: Change): Changed {
  return { change, looksAtConditions: false };
}

function without(kind: string): Change {
  return (objects) => objects.filter((object) => object.kind !== kind);
}

async function misses(ground: EdgeGround, seed: number, changed: Changed): Promise<boolean> {
  for (let block = 0; block < BLOCKS_WITHOUT; block += 1) {
    try {
      await explore(ground, { ...BLOCK, seed: seedOf(seed, block), ...changed }, new Map());
    } catch (error) {
      if (error instanceof Disagreement) return true;
      throw error;
    }
  }
  return false;
}

async function missesOutage(ground: EdgeGround, seed: number, change: Change): Promise<boolean> {
  try {
    await exploreOutage(ground, seed, change);
    return false;
  } catch (error) {
    if (error instanceof Disagreement) return true;
    throw error;
  }
}

function seedOf(seed: number, block: number): number {
  return (seed + block * 7919) % 2 ** 31;
}
