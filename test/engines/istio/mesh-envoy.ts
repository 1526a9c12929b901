import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peersSecret } from '../../../lib/envoy/index.js';
import type { Template } from '../../../lib/plan/refs.js';
import { isLive } from '../../../lib/point/admin.js';
import { Child } from '../../../local/child.js';
import { dockerLaunch } from '../../../local/envoy-docker.js';
import type { Leaf } from '../support/authority.js';
import type { Testbed } from '../support/testbed.js';
import type { Translated } from './translation.js';
import { DECISION_CLUSTER } from './mesh-policy.js';
import { waypointParts } from './waypoint-envoy.js';

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One sidecar, or one waypoint: what Istio would tell it, and what is around it here. */
export interface Sidecar {
  readonly listen: Endpoint;
  readonly translated: Translated;
  /** The same of all sidecars. */
  readonly runtime: Readonly<Record<string, string>>;
  readonly application: Endpoint;
  /** Absent if it asks nobody. In clear text, unless it names the cluster by whose mutual TLS Istio asks. */
  readonly decision?: Endpoint & { readonly cluster?: string };
  /** A listener of what it lets out, at an address of its own, and where each of its clusters leads. */
  readonly outbound?: {
    readonly listener: Template;
    readonly listen: Endpoint;
    readonly to: Readonly<Record<string, Endpoint>>;
  };
}

/** PEM of the roots of each trust domain that callers may be of. */
export type Roots = Readonly<Record<string, string>>;

/** Envoys of this process, several of which may run: each has files of its own. */
let started = 0;
/** Milliseconds for an Envoy to start. */
const START = 30_000;

/** A stock Envoy that is several sidecars: each a listener over mutual TLS with the connection manager that Istio made. */
export class MeshEnvoy {
  private constructor(private readonly child: Child) {}

  static async start(
    testbed: Testbed,
    sidecars: readonly Sidecar[],
    leaf: Leaf,
    roots: Roots,
  ): Promise<MeshEnvoy> {
    const { binary, state, guardian } = testbed;
    const name = `istio.${(started += 1)}`;
    const folder = state.folder(name);
    const file = (name: string, content: string) => {
      const path = join(folder, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    };
    const paths = Object.fromEntries(
      Object.entries(roots).map(([name, pem]) => [name, file(`${name}.pem`, pem)]),
    );
    const { resources } = peersSecret(paths);
    const files = {
      certificate: file('leaf.pem', leaf.certificate),
      key: file('leaf.key', leaf.key),
      roots: file('roots.pem', Object.values(roots).join('\n')),
    };
    const transport = serverTls(files.certificate, files.key, resources[0] as never);
    const parts = sidecars.map((sidecar, at) => partsOf(sidecar, at, transport, files));
    const admin = state.socket(name);
    const bootstrap = {
      node: { id: 'sidecar', cluster: 'sidecar' },
      admin: { address: { pipe: { path: admin, mode: 0o600 } } },
      layered_runtime: { layers: [{ name: 'global config', static_layer: typed(sidecars[0]!.runtime) }] },
      bootstrap_extensions: [INTERNAL_LISTENERS],
      static_resources: {
        listeners: parts.flatMap(({ listeners }) => listeners),
        clusters: parts.flatMap(({ clusters }) => clusters),
      },
    };
    const args = [
      ...['--config-path', file('bootstrap.json', JSON.stringify(bootstrap))],
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
        throw new Error(`the Envoy with Istio's configuration did not start:\n${child.tail().join('\n')}`);
      }
      await sleep(5);
    }
    return new MeshEnvoy(child);
  }

  async close(): Promise<void> {
    await this.child.stop();
  }
}

/** By them the requests in a waypoint's tunnels come out. */
const INTERNAL_LISTENERS = {
  name: 'envoy.bootstrap.internal_listener',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener',
  },
};

function partsOf(sidecar: Sidecar, at: number, transport: Template, files: Files) {
  const { listen, translated, application, outbound } = sidecar;
  const clusters = clustersOf(sidecar, files);
  if (!translated.ambient) {
    const listeners = [listener(sidecar, at, transport), ...(outbound ? [outboundListener(outbound)] : [])];
    return { listeners, clusters };
  }
  const ambient = renamed(translated.ambient, listen.port);
  const own = { ...sidecar, translated: { ...translated, ambient } };
  const waypoint = waypointParts(own, transport, (name) => cluster(name, application));
  return { listeners: waypoint.listeners, clusters: [...waypoint.clusters, ...clusters] };
}

/** As Istio writes it: what reads as a boolean is one. */
function typed(runtime: Sidecar['runtime']): Template {
  return Object.fromEntries(
    Object.entries(runtime).map(([name, value]) => [
      name,
      value === 'true' || (value === 'false' ? false : value),
    ]),
  );
}

function serverTls(
  certificate: string,
  key: string,
  { validation_context }: { validation_context: Template },
): Template {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      require_client_certificate: true,
      common_tls_context: {
        alpn_protocols: ['h2', 'http/1.1'],
        tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
        validation_context,
      },
    },
  };
}

function listener({ listen, translated, decision }: Sidecar, at: number, transport: Template): Template {
  return {
    name: `sidecar-${at}`,
    address: { socket_address: { address: listen.address, port_value: listen.port } },
    filter_chains: [
      {
        transport_socket: transport,
        filters: translated.connections ?? [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              ...renamed(translated.manager, listen.port, decision?.cluster),
            },
          },
        ],
      },
    ],
  };
}

/** Each sidecar has its own decision service here, under one name in the mesh. */
function renamed<Part>(part: Part, port: number, cluster = DECISION_CLUSTER): Part {
  return JSON.parse(JSON.stringify(part).replaceAll(cluster, `${DECISION_CLUSTER}#${port}`)) as Part;
}

/** The files of a sidecar's own leaf and of its roots: Istio's agent would hand them on. */
interface Files {
  readonly certificate: string;
  readonly key: string;
  readonly roots: string;
}

function clustersOf(
  { listen, application, decision, translated, outbound }: Sidecar,
  files: Files,
): Template[] {
  const asked = `${DECISION_CLUSTER}#${listen.port}`;
  const istio = decision?.cluster;
  /** A cluster that leads elsewhere, and asks there as Istio has it ask. */
  const asIstio = (name: string, endpoint: Endpoint, translated: Template | undefined): Template => ({
    ...(cluster(name, endpoint) as Fields),
    ...(translated &&
      'transport_socket' in (translated as Fields) && { transport_socket: withFiles(translated, files) }),
  });
  return [
    cluster(`inbound|${listen.port}||`, application),
    ...(decision
      ? [asIstio(asked, decision, istio === undefined ? undefined : translated.clusters[istio]!)]
      : []),
    ...Object.entries(outbound?.to ?? {}).map(([name, endpoint]) =>
      asIstio(name, endpoint, translated.clusters[name]),
    ),
    ...(outbound ? [{ name: 'BlackHoleCluster', type: 'STATIC', connect_timeout: '2s' }] : []),
  ];
}

type Fields = Readonly<Record<string, Template>>;

/** How Istio asks another sidecar: with files in place of what its agent hands on. */
function withFiles(translated: Template, { certificate, key, roots }: Files): Template {
  const { transport_socket: socket } = translated as { transport_socket: Fields };
  const { common_tls_context: tls, ...config } = socket['typed_config'] as { common_tls_context: Fields };
  const { tls_certificate_sds_secret_configs: _, combined_validation_context: combined, ...common } = tls;
  const peer = (combined as { readonly default_validation_context: Fields }).default_validation_context;
  return {
    ...socket,
    typed_config: {
      ...config,
      common_tls_context: {
        ...common,
        tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
        validation_context: { ...peer, trusted_ca: { filename: roots } },
      },
    },
  };
}

/** The redirect of a pod leads to it; here it listens by itself. */
function outboundListener({ listener: translated, listen }: NonNullable<Sidecar['outbound']>): Template {
  const { bind_to_port: _, ...own } = translated as Fields;
  return { ...own, address: { socket_address: { address: listen.address, port_value: listen.port } } };
}

function cluster(name: string, { address, port }: Endpoint): Template {
  const endpoint = { address: { socket_address: { address, port_value: port } } };
  return {
    name,
    type: 'STATIC',
    connect_timeout: '2s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
}
