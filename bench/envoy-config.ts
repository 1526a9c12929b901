import { envoyFiles, FILTERS } from '../lib/envoy/index.js';
import { type Plan, refsOf, type RefValues, substitute, type Template } from '../lib/plan/index.js';

/** What a gateway does besides forwarding. */
export type GatewayWork = 'nothing' | 'token check' | 'everything';

/** Where things are on this machine. */
export interface Places {
  readonly port: number;
  readonly upstreamPort: number;
  readonly adminSocket: string;
  /** A folder of its own; it is watched for the routes. */
  readonly routesFolder: string;
}

interface HttpFilter {
  readonly name: string;
  readonly typed_config: { readonly providers?: Record<string, Record<string, unknown>> };
}

interface ConnectionManager {
  http_filters: HttpFilter[];
  access_log: unknown[];
  local_reply_config?: unknown;
}

interface Bootstrap {
  readonly static_resources: {
    readonly listeners: {
      readonly name: string;
      readonly filter_chains: {
        transport_socket?: unknown;
        filters: { typed_config: ConnectionManager }[];
      }[];
    }[];
    clusters: { readonly name: string; transport_socket?: unknown }[];
  };
}

interface VirtualHost {
  typed_per_filter_config?: Record<string, unknown>;
  routes: { match: object; typed_per_filter_config?: Record<string, unknown> }[];
}

interface RouteFile {
  readonly resources: readonly [{ readonly virtual_hosts: VirtualHost[] }];
}

/** The two files of one gateway. */
export interface GatewayFiles {
  readonly bootstrap: Bootstrap;
  readonly routes: RouteFile;
}

/**
 * The generated gateway of the plan, less what a subject leaves out: `nothing` keeps the connection
 * manager and the router, `token check` the token filter as well. All of them without TLS, which
 * costs all the same and would only hide the difference, and with the issuers' keys in the file.
 */
export function gatewayFiles(plan: Plan, work: GatewayWork, places: Places, jwks: object): GatewayFiles {
  const { bootstrap, routes } = envoyFiles(plan, plan.gateway.key);
  const files = {
    bootstrap: render(bootstrap, places) as Bootstrap,
    routes: render(routes, places) as RouteFile,
  };
  withoutTls(files.bootstrap);
  withKeys(files.bootstrap, jwks);
  if (work === 'everything') return files;
  const manager = connectionManager(files.bootstrap);
  const kept: string[] = work === 'nothing' ? [FILTERS.router] : [FILTERS.jwt, FILTERS.router];
  manager.http_filters = manager.http_filters.filter(({ name }) => kept.includes(name));
  manager.access_log = [];
  delete manager.local_reply_config;
  for (const host of files.routes.resources[0].virtual_hosts) {
    delete host.typed_per_filter_config;
    // One route a service, as somebody would write who judges nothing by the path.
    host.routes = host.routes.filter(({ match }) => 'prefix' in match);
    for (const route of host.routes) delete route.typed_per_filter_config;
  }
  return files;
}

/** The gateway that does everything but one filter, or keeps no log. */
export function gatewayWithout(files: GatewayFiles, part: string): GatewayFiles {
  const manager = connectionManager(files.bootstrap);
  if (part === 'decision log') manager.access_log = [];
  else manager.http_filters = manager.http_filters.filter(({ name }) => name !== part);
  for (const host of files.routes.resources[0].virtual_hosts) {
    for (const each of [host, ...host.routes]) delete each.typed_per_filter_config?.[part];
  }
  return files;
}

/** The connection manager of the public listener. */
export function connectionManager({ static_resources: { listeners } }: Bootstrap): ConnectionManager {
  const listener = listeners.find(({ name }) => name === 'public');
  return listener!.filter_chains[0]!.filters[0]!.typed_config;
}

function render(template: Template, places: Places): unknown {
  const values = refsOf(template).map((name): [string, RefValues[string]] => [name, valueOf(name, places)]);
  return substitute(template, Object.fromEntries(values));
}

function valueOf(ref: string, places: Places): RefValues[string] {
  if (ref === 'gateway/listen/port') return places.port;
  // Nobody asks whether it is ready but by its socket.
  if (ref === 'gateway/ready/port') return 0;
  if (ref.endsWith('/port')) return places.upstreamPort;
  if (ref.endsWith('/address')) return '127.0.0.1';
  if (ref === 'gateway/admin/path') return places.adminSocket;
  if (ref === 'gateway/routes/directory') return places.routesFolder;
  if (ref === 'gateway/routes/path') return `${places.routesFolder}/routes.json`;
  // Of secrets and authorities, which go with the TLS.
  return 'none';
}

function withoutTls({ static_resources }: Bootstrap): void {
  for (const { filter_chains } of static_resources.listeners) {
    for (const chain of filter_chains) delete chain.transport_socket;
  }
  static_resources.clusters = static_resources.clusters.filter(({ name }) => !name.startsWith('issuers/'));
  for (const cluster of static_resources.clusters) delete cluster.transport_socket;
}

function withKeys(bootstrap: Bootstrap, jwks: object): void {
  const filter = connectionManager(bootstrap).http_filters.find(({ name }) => name === FILTERS.jwt);
  for (const provider of Object.values(filter?.typed_config.providers ?? {})) {
    delete provider['remote_jwks'];
    provider['local_jwks'] = { inline_string: JSON.stringify(jwks) };
  }
}

/** An Envoy that answers every HTTP/2 request with 200 and a few bytes: the cheapest upstream there is. */
export function upstreamBootstrap(port: number, adminSocket: string): object {
  const type = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`;
  const routes = [
    { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok\n' } } },
  ];
  const manager = {
    '@type': type('network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'upstream',
    codec_type: 'HTTP2',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: [
      { name: 'envoy.filters.http.router', typed_config: { '@type': type('http.router.v3.Router') } },
    ],
  };
  const filter = { name: 'envoy.filters.network.http_connection_manager', typed_config: manager };
  const address = { socket_address: { address: '127.0.0.1', port_value: port } };
  return {
    node: { id: 'upstream', cluster: 'bench' },
    admin: { address: { pipe: { path: adminSocket, mode: 0o600 } } },
    static_resources: {
      listeners: [{ name: 'upstream', address, filter_chains: [{ filters: [filter] }] }],
    },
  };
}
