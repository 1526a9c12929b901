import { comesByLoadBalancer, hasLoadBalancer } from '../plan/names.js';
import type { Plan, ServiceNode } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import { decisionLog } from './access-log.js';
import { connectionManager, judgingManager } from './connection-manager.js';
import { asksDecisions } from '../plan/delegation.js';
import { httpFilters } from './filters/index.js';
import { routerFilter } from './filters/router.js';
import { compilePoint, type PointProfile, tunnelsKeys } from './profile.js';
import { answerLimit, ROUTES } from './routes.js';
import { apiGatewayServer, edgeServer, loadBalancerServer, meshServer } from './tls.js';
import { extension } from './types.js';

/** Bytes that a connection may keep in a buffer: Envoy's advice for an edge. */
const BUFFER_BYTES = 32_768;

/** The gateway's public listener; behind API Gateway another for the load balancer that leads clients in, where there is one. */
export function gatewayListeners(plan: Plan, profile: PointProfile = {}): Template[] {
  const { key: point, asksClientCertificate } = plan.gateway;
  const isBehindEdge = profile.edge === 'apiGateway';
  const server = isBehindEdge ? apiGatewayServer(point) : edgeServer(point, asksClientCertificate);
  if (!isBehindEdge || !hasLoadBalancer(plan)) {
    return [gatewayListener(plan, { name: 'public', key: `${point}/listen`, server, profile })];
  }
  const hostsOf = (isWanted: (service: ServiceNode) => boolean) =>
    plan.gateway.services
      .map((name) => plan.services[name]!)
      .filter(isWanted)
      .map(({ authority }) => authority);
  return [
    gatewayListener(plan, {
      name: 'public',
      key: `${point}/listen`,
      server,
      profile,
      hosts: hostsOf((service) => !comesByLoadBalancer(service)),
    }),
    gatewayListener(plan, {
      name: 'browsers',
      key: `${point}/browsers/listen`,
      server: loadBalancerServer(point),
      // What hangs on the client's own connection is judged here, by what the load balancer says of its address.
      profile: { ...profile, edge: 'users' },
      hosts: hostsOf(comesByLoadBalancer),
      trustedHops: 1,
    }),
  ];
}

interface GatewayListener {
  readonly name: string;
  /** The prefix of where it listens. */
  readonly key: string;
  /** The TLS of its clients. */
  readonly server: Template;
  readonly profile: PointProfile;
  /** @default every public host */
  readonly hosts?: readonly string[];
  readonly trustedHops?: number;
}

function gatewayListener(
  plan: Plan,
  { name, key, server, profile, hosts, trustedHops }: GatewayListener,
): Template {
  const point = plan.gateway.key;
  return publicListener(name, key, {
    transport_socket: server,
    filters: [
      judgingManager(plan, {
        // One for all listeners: the routes that they share are counted below it.
        prefix: 'inbound',
        kind: 'gateway',
        routes: watchedRoutes(point),
        filters: httpFilters(
          plan,
          compilePoint(plan, 'gateway', profile, asksDecisions(plan, point)),
          tunnelsKeys(plan, profile),
          hosts,
        ),
        accessLog: decisionLog(plan, point, 'gateway'),
        ...(trustedHops !== undefined && { trustedHops }),
      }),
    ],
  });
}

/** A sidecar's listener for its peers. */
export function inboundListener(plan: Plan, service: ServiceNode, profile: PointProfile): Template {
  const point = service.sidecar.key;
  return publicListener('inbound', `${point}/listen`, {
    transport_socket: meshServer(point),
    filters: [
      judgingManager(plan, {
        prefix: 'inbound',
        kind: 'sidecar',
        routes: watchedRoutes(point),
        filters: httpFilters(
          plan,
          compilePoint(plan, 'sidecar', {}, asksDecisions(plan, point)),
          tunnelsKeys(plan, profile),
        ),
        accessLog: decisionLog(plan, point, 'sidecar'),
      }),
    ],
  });
}

/**
 * The loopback port at which a workload reaches one upstream. It takes only its own address as the host
 * and hands on the upstream's authority. Nothing is judged or bounded here but how long an answer takes:
 * that the upstream's sidecar does, and the only client is the workload itself.
 */
export function outboundListener(plan: Plan, service: ServiceNode, upstream: ServiceNode): Template {
  return callListener(service, {
    kind: 'outbound',
    host: upstream.name,
    cluster: upstream.key,
    authority: upstream.authority,
    timeout: answerLimit(plan, upstream.protocol === 'grpc' ? 'grpc' : 'http'),
  });
}

interface Call {
  readonly kind: 'outbound' | 'egress';
  readonly host: string;
  readonly cluster: string;
  /** What the host becomes. */
  readonly authority: string;
  readonly timeout: string;
}

/** A listener for the workload alone, which leads to one host. */
export function callListener(
  { sidecar }: ServiceNode,
  { kind, host, cluster, authority, timeout }: Call,
): Template {
  const key = `${sidecar.key}/${kind}/${host}`;
  const route = { cluster, host_rewrite_literal: authority, timeout };
  const virtualHost = {
    name: host,
    domains: [ref(`${key}/authority`)],
    routes: [{ match: { prefix: '/' }, route }],
  };
  return listener(`${kind}/${host}`, key, {
    filters: [
      connectionManager(`${kind}.${host}`, {
        // False would take orders from a workload's `x-envoy-*` headers.
        use_remote_address: true,
        // The id that the workload gives a request joins the log lines of all points.
        preserve_external_request_id: true,
        server_header_transformation: 'PASS_THROUGH',
        route_config: { virtual_hosts: [virtualHost] },
        http_filters: [routerFilter()],
      }),
    ],
  });
}

/** `/ready`, for whoever starts and balances the point; it never meets the policy. */
export function readyListener(point: string): Template {
  const virtualHost = {
    name: 'ready',
    domains: ['*'],
    routes: [{ match: { prefix: '/' }, direct_response: { status: 404 } }],
  };
  return {
    ...listener('ready', `${point}/ready`, {
      filters: [
        connectionManager('ready', {
          route_config: { virtual_hosts: [virtualHost] },
          http_filters: [
            {
              name: 'envoy.filters.http.health_check',
              typed_config: {
                '@type': extension('filters.http.health_check.v3.HealthCheck'),
                pass_through_mode: false,
                headers: [{ name: ':path', string_match: { exact: '/ready' } }],
              },
            },
            routerFilter(),
          ],
        }),
      ],
    }),
    // A full gateway is still ready.
    ignore_global_conn_limit: true,
  };
}

/** A listener to which others than the workload itself connect. */
export function publicListener(
  name: string,
  key: string,
  chain: { readonly [name: string]: Template },
): Template {
  return {
    ...listener(name, key, { transport_socket_connect_timeout: '10s', ...chain }),
    per_connection_buffer_limit_bytes: BUFFER_BYTES,
  };
}

export function listener(
  name: string,
  key: string,
  chain: { readonly [name: string]: Template },
): { readonly [name: string]: Template } {
  return {
    name,
    address: { socket_address: { address: ref(`${key}/address`), port_value: ref(`${key}/port`) } },
    // A second process on the same port is an error and no silent half of the traffic.
    enable_reuse_port: false,
    filter_chains: [chain],
  };
}

export function watchedRoutes(point: string): Template {
  return {
    rds: {
      route_config_name: ROUTES,
      config_source: {
        path_config_source: {
          path: ref(`${point}/routes/path`),
          watched_directory: { path: ref(`${point}/routes/directory`) },
        },
        resource_api_version: 'V3',
      },
    },
  };
}
