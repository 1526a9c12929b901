import { FILTERS } from '../../lib/envoy/index.js';
import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import { decisionWay } from '../../test/engines/istio/decision-way.js';
import { exploreConnections, WANTED_CONNECTIONS } from '../../test/engines/istio/connections.js';
import { exploreEgress, WANTED_EGRESS } from '../../test/engines/istio/egress.js';
import { type Counts, Disagreement, explore, WANTED } from '../../test/engines/istio/explore.js';
import { foreignRoutes } from '../../test/engines/istio/foreign-routes.js';
import type { MeshMode } from '../../lib/kubernetes/mesh-options.js';
import { MeshGround } from '../../test/engines/istio/mesh-ground.js';
import type { TranslateOptions } from '../../test/engines/istio/mesh-policy.js';
import { waysPast } from '../../test/engines/istio/ways-past.js';
import type { Outcome } from '../prove.js';

const BLOCK = { policies: 12, requests: 40 } as const;
const CONNECTIONS = { policies: 40, connections: 50 } as const;
const CALLS = { policies: 10, calls: 60 } as const;
/** Blocks in which what is taken away must be missed. */
const BLOCKS_WITHOUT = 12;

/**
 * Random policies as Istio's objects, by way of Istio's own translation, on a real Envoy: a sidecar, or a waypoint whose
 * callers come in tunnels. It answers random requests as `decide` does, and does not if a part is taken away. `ZTP_PROVE_SEED` repeats a seed, `ZTP_PROVE_PAIRS` says how many
 * pairs are tried.
 */
export async function proveIstio(mode: MeshMode): Promise<Outcome> {
  const { ZTP_PROVE_SEED: chosen, ZTP_PROVE_PAIRS: goal = '10000' } = process.env;
  const seed = chosen === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(chosen);
  console.log(`seed ${seed}`);
  const counts: Counts = new Map();
  const ground = await MeshGround.create(mode);
  const needed = Object.entries({ ...NEEDED, ...(mode === 'ambient' && NEEDED_AT_WAYPOINT) }).map(
    ([name, changed]): Part => [name, () => misses(ground, seed, { ...changed, mode })],
  );
  const unneeded: string[] = [];
  let [pairs, connections, calls, tried] = [0, 0, 0, 0];
  try {
    const seen = mode === 'ambient' ? waysPast(ground) : foreignRoutes(ground);
    for (const [name, found] of Object.entries(await seen)) {
      console.log(`${found ? 'seen' : 'NOT SEEN'}: ${name}`);
      if (!found) unneeded.push(name);
    }
    for (let block = 0; pairs < Number(goal); block += 1) {
      pairs += await explore(ground, { ...BLOCK, seed: seedOf(seed, block), changed: { mode } }, counts);
      console.log(`${pairs} of ${goal} pairs`);
    }
    if (mode === 'sidecar') {
      const faults = await decisionWay(ground);
      if (faults.length > 0) throw new Error(`the decision service: ${faults.join('; ')}`);
      console.log('a user gets in by way of the decision service, and nobody asks it in another’s name');
      connections = await exploreConnections(ground, { ...CONNECTIONS, seed }, counts);
      console.log(`${connections} connections`);
      calls = await exploreEgress(ground, { ...CALLS, seed }, counts);
      console.log(`${calls} calls that leave`);
    }
    const parts = mode === 'sidecar' ? [...needed, ...neededOfSidecars(ground, seed)] : needed;
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
  const ofSidecars = mode === 'sidecar' ? [...WANTED_CONNECTIONS, ...WANTED_EGRESS] : [];
  const unmet = [...WANTED, ...ofSidecars].filter((name) => !counts.has(name));
  for (const name of unmet) console.error(`never met: ${name}`);
  const more = unmet.length > 0 ? `; ${unmet.length} things never met` : '';
  return {
    holds: unmet.length + unneeded.length === 0,
    summary: `${pairs} pairs, ${connections} connections and ${calls} calls that leave, 0 disagreements, seed ${seed}; missed ${tried - unneeded.length} of ${tried} parts that were taken away${more}`,
  };
}

type Changed = Omit<TranslateOptions, 'port'>;
/** What is taken away, and whether that is missed. */
type Part = readonly [name: string, isMissed: () => Promise<boolean>];

/** What keeps the answers equal, and a mesh without it. */
const NEEDED: Readonly<Record<string, Changed>> = {
  'the canonical filter': without(({ kind }) => kind === 'EnvoyFilter'),
  'the denies': without(({ metadata }) => metadata.name.endsWith('-deny')),
  'the question to the decision service': without(({ metadata }) => metadata.name.endsWith('-custom')),
  'the trust domain in principals': anyDomain('kubernetes.dev.shop.example'),
  'the runtime of the mesh': { settings: (settings) => ({ ...settings, defaultConfig: {} }) },
};

/** What else keeps them equal at a waypoint. */
const NEEDED_AT_WAYPOINT: Readonly<Record<string, Changed>> = {
  'the allow-nothing of the waypoint': without(({ metadata }) => metadata.name === 'waypoint.allow-nothing'),
  'the address at which a tunnel begins': {
    change: (objects) =>
      JSON.parse(JSON.stringify(objects).replaceAll('"use_remote_address":true,', '')) as typeof objects,
  },
};

const NEEDED_OF_CONNECTIONS: Readonly<Record<string, Changed>> = {
  'the denies': NEEDED['the denies']!,
  'the allow': without(({ metadata }) => metadata.name.endsWith('-allow')),
  'the question before the connection': without(({ metadata }) => metadata.name === 'ledger-connections'),
  'the trust domain in principals': anyDomain('kubernetes.test.shop.example'),
};

type Change = NonNullable<Changed['change']>;

const NEEDED_OF_EGRESS: Readonly<Record<string, Change>> = {
  'the hosts outside': without(({ kind }) => kind === 'ServiceEntry').change!,
  'the mutual TLS to the egress gateway': without(({ kind }) => kind === 'DestinationRule').change!,
  'the rules of the egress gateway': (objects) =>
    objects.map((object) => (object.kind === 'ConfigMap' ? withoutAllow(object) : object)),
};

/** The configuration of the egress gateway without the filter that lets nobody through whom no rule admits. */
function withoutAllow(map: KubernetesObject): KubernetesObject {
  const data = map['data'] as Readonly<Record<string, string>>;
  const text = JSON.stringify(JSON.parse(data['bootstrap.json']!), (key, value: unknown) =>
    key === 'http_filters' && Array.isArray(value)
      ? (value as { name: string }[]).filter(({ name }) => name !== FILTERS.allow)
      : value,
  );
  return { ...map, data: { ...data, 'bootstrap.json': text } };
}

/** Somebody else in the place of the egress gateway gets no call, and would, if its name were not looked at. */
async function isNamed(ground: MeshGround, seed: number): Promise<boolean> {
  const change: Change = (objects) =>
    JSON.parse(
      JSON.stringify(objects, (key, value: unknown) => (key === 'subjectAltNames' ? undefined : value)),
    ) as typeof objects;
  const runsAs = 'impostor';
  const isRefused = await isRed(() => leave(ground, seed, { runsAs }));
  return isRefused && !(await isRed(() => leave(ground, seed, { runsAs, change })));
}

function leave(
  ground: MeshGround,
  seed: number,
  more: { readonly runsAs?: string; readonly change?: Change },
) {
  return exploreEgress(ground, { policies: 4, calls: 40, seed, ...more }, new Map());
}

const NEEDED_OF_DECISIONS: Readonly<Record<string, Change>> = {
  'its sidecar’s own listener': without(
    ({ kind, metadata }) => kind === 'Sidecar' && metadata.name === 'decision',
  ).change!,
  'the servers of keys': without(({ kind }) => kind === 'ServiceEntry').change!,
  'the port of the TLS to the egress gateway': (objects) =>
    objects.map((object) => (object.kind === 'DestinationRule' ? onEveryPort(object) : object)),
  'who may ask': without(({ metadata }) => metadata.name === 'decision-allow').change!,
};

/** What is said of one port of a host, said of all. */
function onEveryPort(rule: KubernetesObject): KubernetesObject {
  const { trafficPolicy, ...rest } = rule['spec'] as {
    readonly trafficPolicy: { readonly portLevelSettings?: readonly [{ readonly tls: object }] };
  };
  const [only] = trafficPolicy.portLevelSettings ?? [];
  return only ? { ...rule, spec: { ...rest, trafficPolicy: { tls: only.tls } } } : rule;
}

/** What was not as it must be, with what stood in the way of everything. */
async function faultsOf(ground: MeshGround, change: Change): Promise<string[]> {
  return decisionWay(ground, { change }).catch((error: unknown) => [String(error)]);
}

/** What else keeps connections to services, calls that leave and the decision service as they must be. */
function neededOfSidecars(ground: MeshGround, seed: number): Part[] {
  return [
    ...Object.entries(NEEDED_OF_CONNECTIONS).map(
      ([name, changed]): Part => [
        `${name}, of connections`,
        () => isRed(() => exploreConnections(ground, { ...CONNECTIONS, seed, changed }, new Map())),
      ],
    ),
    ...Object.entries(NEEDED_OF_EGRESS).map(
      ([name, change]): Part => [
        `${name}, of calls that leave`,
        () => isRed(() => leave(ground, seed, { change })),
      ],
    ),
    ['the name of the egress gateway', () => isNamed(ground, seed)],
    ...Object.entries(NEEDED_OF_DECISIONS).map(
      ([name, change]): Part => [
        `${name}, of the decision service`,
        async () => (await faultsOf(ground, change)).length > 0,
      ],
    ),
  ];
}

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
