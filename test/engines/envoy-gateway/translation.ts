import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import type { Template } from '../../../lib/plan/refs.js';

type Resource = { readonly [name: string]: Template };

/** What Envoy Gateway would tell the Envoys of one Gateway. */
export interface TranslatedGateway {
  readonly listeners: readonly Resource[];
  readonly routes: Readonly<Record<string, Resource>>;
  readonly clusters: readonly Resource[];
  /** By the name of their cluster. */
  readonly endpoints: Readonly<Record<string, Resource>>;
  /** Conditions by which an object would not do what it says. */
  readonly problems: readonly string[];
}

const PROGRAM = join(__dirname, '../../../node_modules/.cache/egctl');

/** Envoy Gateway's own program, at the version of `translation/go.mod`. `EGCTL` names one that is built already. */
export function buildTranslation(): string {
  const { EGCTL: built } = process.env;
  if (built !== undefined) return built;
  mkdirSync(join(PROGRAM, '..'), { recursive: true });
  const module = 'github.com/envoyproxy/gateway/cmd/egctl';
  execFileSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', PROGRAM, module], {
    cwd: join(__dirname, 'translation'),
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: 'inherit',
  });
  return PROGRAM;
}

/** Kinds that the program reads; it ends at any other. */
const READ = new Set([
  ...['GatewayClass', 'Gateway', 'HTTPRoute', 'GRPCRoute', 'ReferenceGrant', 'BackendTLSPolicy'],
  ...['SecurityPolicy', 'ClientTrafficPolicy', 'BackendTrafficPolicy', 'EnvoyProxy', 'EnvoyPatchPolicy'],
  ...['HTTPRouteFilter', 'Service', 'EndpointSlice', 'Secret', 'ConfigMap', 'Namespace'],
]);

/** The objects of a cluster with one Gateway, by Envoy Gateway's own translation. */
export function translate(program: string, objects: readonly KubernetesObject[]): TranslatedGateway {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-gateway-'));
  try {
    const file = join(folder, 'objects.yaml');
    const read = objects.filter(({ kind }) => READ.has(kind)).map(fromAnyNamespace);
    writeFileSync(file, read.map((object) => stringify(object, { lineWidth: 0 })).join('---\n'));
    const args = [
      'x',
      'translate',
      '--from',
      'gateway-api',
      '--to',
      'gateway-api,xds',
      '-o',
      'json',
      '-f',
      file,
    ];
    const text = execFileSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
    const { xds, ...resources } = JSON.parse(text) as { xds: Record<string, Dump> };
    const dumps = Object.values(xds);
    if (dumps.length !== 1) throw new Error(`Envoy Gateway made ${dumps.length} gateways of one`);
    return { ...resourcesOf(dumps[0]!), problems: problemsOf(resources) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program forgets the labels of namespaces, so that no selector fits one. Ours names the plan's by its name. */
function fromAnyNamespace(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Gateway') return object;
  const { listeners, ...spec } = object['spec'] as { readonly listeners: readonly object[] };
  const open = listeners.map((listener) => ({ ...listener, allowedRoutes: { namespaces: { from: 'All' } } }));
  return { ...object, spec: { ...spec, listeners: open } };
}

interface Dump {
  readonly configs?: readonly Readonly<
    Record<string, readonly Readonly<Record<string, Resource>>[] | string>
  >[];
}

function resourcesOf({ configs = [] }: Dump): Omit<TranslatedGateway, 'problems'> {
  const all = (list: string, path: readonly string[]): Resource[] =>
    configs.flatMap((config) =>
      ((config[list] ?? []) as readonly Resource[]).map((entry) => {
        let found: Resource = entry;
        for (const step of path) found = found[step] as Resource;
        // Each was an Any.
        const { '@type': _, ...own } = found;
        return own;
      }),
    );
  const named = (list: readonly Resource[]) =>
    Object.fromEntries(list.map((one) => [(one['name'] ?? one['clusterName']) as string, one]));
  return {
    listeners: all('dynamicListeners', ['activeState', 'listener']),
    routes: named(all('dynamicRouteConfigs', ['routeConfig'])),
    clusters: all('dynamicActiveClusters', ['cluster']),
    endpoints: named(all('dynamicEndpointConfigs', ['endpointConfig'])),
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message?: string;
}

const MUST_BE = new Set(['Accepted', 'ResolvedRefs', 'Programmed']);
/** No data plane runs, so that none has an address. */
const NOT_HERE = new Set(['AddressNotAssigned', 'NoResources', 'Pending']);

/** Every condition that is not as it must be; `Overridden` and `Conflicted` must not be at all. */
function problemsOf(resources: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(resources).flatMap(([list, some]) =>
    (Array.isArray(some) ? some : [some]).flatMap((object: { kind?: string; metadata?: { name: string } }) =>
      conditionsOf(object).flatMap(({ type, status, reason, message = '' }) => {
        if (NOT_HERE.has(reason)) return [];
        const isGood = MUST_BE.has(type) ? status === 'True' : status !== 'True';
        return isGood
          ? []
          : [`${object.kind ?? list} ${object.metadata?.name}: ${type}=${status} ${reason}: ${message}`];
      }),
    ),
  );
}

function conditionsOf(value: unknown): Condition[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    name === 'conditions' ? (child as Condition[]) : conditionsOf(child),
  );
}
