import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Template } from '../../../lib/plan/refs.js';
import { isLive } from '../../../lib/point/admin.js';
import { Child } from '../../../local/child.js';
import { dockerLaunch } from '../../../local/envoy-docker.js';
import type { Leaf } from '../support/authority.js';
import type { Testbed } from '../support/testbed.js';
import type { TranslatedGateway } from './translation.js';

interface Place {
  readonly address: string;
  readonly port: number;
}

/** One gateway: what Envoy Gateway would tell it, and what is around it here. */
export interface Edge {
  readonly listen: Place;
  readonly translated: TranslatedGateway;
  /** Where the pods of a cluster are, by its name. */
  readonly placeOf: (cluster: string) => Place;
}

export interface EdgeSecrets {
  readonly edge: Leaf;
  readonly identity: Leaf;
  readonly roots: string;
}

/** Milliseconds for an Envoy to start. */
const START = 30_000;

type Mutable = { [name: string]: unknown };

/** A stock Envoy that is several gateways: each a listener with what Envoy Gateway made, its discovered parts written in. */
export class EdgeEnvoy {
  private constructor(private readonly child: Child) {}

  static async start(testbed: Testbed, edges: readonly Edge[], secrets: EdgeSecrets): Promise<EdgeEnvoy> {
    const { binary, state, guardian } = testbed;
    const name = `envoy-gateway.${edges[0]!.listen.port}`;
    const folder = state.folder(name);
    const admin = state.socket(name);
    const written = edges.map(writtenOf);
    const bootstrap = {
      node: { id: 'gateway', cluster: 'gateway' },
      admin: { address: { pipe: { path: admin, mode: 0o600 } } },
      // Of Envoy Gateway's own bootstrap, as far as a decision could hang on it.
      layered_runtime: {
        layers: [
          {
            name: 'global_config',
            static_layer: {
              're2.max_program_size.error_level': 4_294_967_295,
              're2.max_program_size.warn_level': 1000,
            },
          },
        ],
      },
      static_resources: {
        listeners: written.map(({ listener }) => listener),
        clusters: written.flatMap(({ clusters }) => clusters),
        secrets: secretsOf(written, secrets),
      },
    };
    const file = join(folder, 'bootstrap.json');
    const log = join(folder, 'log');
    // Here an Envoy has no output that it could open by its name.
    const text = JSON.stringify(bootstrap).replaceAll('"/dev/stdout"', JSON.stringify(log));
    writeFileSync(file, text, { mode: 0o600 });
    const args = [
      ...['--config-path', file],
      ...['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning'],
    ];
    const launch = binary.docker
      ? dockerLaunch(binary.docker, state.path, args)
      : { command: binary.path, args };
    const environment = binary.docker ? process.env : {};
    const child = new Child({ ...launch, directory: folder, environment, guardian });
    const deadline = performance.now() + START;
    while (!(await isLive(admin))) {
      if (!child.running || performance.now() > deadline) {
        throw new Error(
          `the Envoy with Envoy Gateway's configuration did not start:\n${child.tail().join('\n')}`,
        );
      }
      await sleep(5);
    }
    return new EdgeEnvoy(child);
  }

  async close(): Promise<void> {
    await this.child.stop();
  }
}

interface Written {
  readonly listener: Mutable;
  readonly clusters: readonly Mutable[];
  /** Names of secrets that are asked for, with what holds each. */
  readonly wanted: ReadonlyMap<string, 'certificate' | 'roots'>;
}

function writtenOf({ listen, translated, placeOf }: Edge): Written {
  const wanted: Map<string, 'certificate' | 'roots'> = new Map();
  const own = renamed(translated, listen.port);
  const [listener] = own.listeners.filter(
    ({ name }) => !(name as string).startsWith('envoy-gateway-proxy-ready'),
  );
  const routed = withRoutes(listener as Mutable, own.routes) as Mutable;
  const clusters = own.clusters.map((cluster) => {
    const name = cluster['name'] as string;
    const { edsClusterConfig: _, ...rest } = cluster;
    const loadAssignment = {
      ...moved(own.endpoints[name]!, placeOf(name.split('#')[0]!)),
      clusterName: name,
    };
    return { ...rest, type: 'STATIC', loadAssignment };
  });
  return {
    listener: withSecrets(
      {
        ...routed,
        name: `gateway-${listen.port}`,
        address: { socketAddress: { address: listen.address, portValue: listen.port } },
      },
      wanted,
    ) as Mutable,
    clusters: withSecrets(clusters, wanted) as Mutable[],
    wanted,
  };
}

/** Each gateway has pods and a decision service of its own here, under names that are the same in every cluster. */
function renamed(translated: TranslatedGateway, port: number): TranslatedGateway {
  const text = translated.clusters.reduce(
    (all, { name }) => all.replaceAll(`"${name as string}"`, `"${name as string}#${port}"`),
    JSON.stringify(translated),
  );
  return JSON.parse(text) as TranslatedGateway;
}

/** What would be discovered stands in its place. */
function withRoutes(value: unknown, routes: TranslatedGateway['routes']): unknown {
  return mapped(value, (entry) => {
    const { rds, ...rest } = entry;
    if (rds === undefined) return entry;
    const { routeConfigName } = rds as { readonly routeConfigName: string };
    return { ...rest, routeConfig: routes[routeConfigName] };
  });
}

function withSecrets(value: unknown, wanted: Map<string, 'certificate' | 'roots'>, parent = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withSecrets(item, wanted, parent));
  if (typeof value !== 'object' || value === null) return value;
  const { sdsConfig, ...rest } = value as Mutable;
  if (sdsConfig !== undefined) {
    wanted.set(rest['name'] as string, parent.startsWith('validation') ? 'roots' : 'certificate');
  }
  return Object.fromEntries(
    Object.entries(rest).map(([key, child]) => [key, withSecrets(child, wanted, key)]),
  );
}

function moved(endpoints: unknown, { address, port }: Place): Mutable {
  return mapped(endpoints, (entry) =>
    'socketAddress' in entry ? { ...entry, socketAddress: { address, portValue: port } } : entry,
  ) as Mutable;
}

function mapped(value: unknown, change: (entry: Mutable) => Mutable): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (typeof value !== 'object' || value === null) return value;
  const changed = change(value as Mutable);
  return Object.fromEntries(Object.entries(changed).map(([key, child]) => [key, mapped(child, change)]));
}

function secretsOf(all: readonly Written[], { edge, identity, roots }: EdgeSecrets): Template[] {
  const names = new Map(all.flatMap(({ wanted }) => [...wanted]));
  return [...names].map(([name, kind]) => {
    if (kind === 'roots') return { name, validation_context: { trusted_ca: { inline_string: roots } } };
    const leaf = name.endsWith('/gateway-identity') ? identity : edge;
    return {
      name,
      tls_certificate: {
        certificate_chain: { inline_string: leaf.certificate },
        private_key: { inline_string: leaf.key },
      },
    };
  });
}
