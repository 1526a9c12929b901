import type { Plan, ServiceNode } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import { decisionLog } from './access-log.js';
import { connectionManager } from './connection-manager.js';
import { asksDecisions } from './delegation.js';
import { canonicalFilter } from './filters/canonical.js';
import { httpFilters } from './filters/index.js';
import { routerFilter } from './filters/router.js';
import { compilePoint, type PointProfile } from './profile.js';
import { ROUTES, timeLimits } from './routes.js';
import { apiGatewayServer, edgeServer, meshServer } from './tls.js';
import { extension } from './types.js';

/** Bytes that a connection may keep in a buffer: Envoy's advice for an edge. */
const BUFFER_BYTES = 32_768;

/** The gateway's public listener. */
export function gatewayListener(plan: Plan, profile: PointProfile = {}): Template {
  const point = plan.gateway.key;
  return listener('public', `${point}/listen`, {
    transport_socket:
      profile.edge === 'apiGateway'
        ? apiGatewayServer(point)
        : edgeServer(point, plan.gateway.asksClientCertificate),
    filters: [
      connectionManager(plan, {
        prefix: 'inbound',
        forwardsPeer: false,
        keepsRequestId: false,
        routes: watchedRoutes(point),
        filters: httpFilters(plan, compilePoint(plan, 'gateway', profile, asksDecisions(plan, point))),
        accessLog: decisionLog(plan, point, 'gateway'),
      }),
    ],
  });
}

/** A sidecar's listener for its peers. */
export function inboundListener(plan: Plan, service: ServiceNode): Template {
  const point = service.sidecar.key;
  return listener('inbound', `${point}/listen`, {
    transport_socket: meshServer(point),
    filters: [
      connectionManager(plan, {
        prefix: 'inbound',
        forwardsPeer: true,
        keepsRequestId: true,
        routes: watchedRoutes(point),
        filters: httpFilters(plan, compilePoint(plan, 'sidecar', {}, asksDecisions(plan, point))),
        accessLog: decisionLog(plan, point, 'sidecar'),
      }),
    ],
  });
}

/**
 * The loopback port at which a workload reaches one upstream. It takes only its own address as the
 * host and hands on the upstream's authority; whether the call may be made the upstream decides.
 */
export function outboundListener(plan: Plan, service: ServiceNode, upstream: ServiceNode): Template {
  const key = `${service.sidecar.key}/outbound/${upstream.name}`;
  return listener(`outbound/${upstream.name}`, key, {
    filters: [
      connectionManager(plan, {
        prefix: `outbound.${upstream.name}`,
        forwardsPeer: false,
        keepsRequestId: true,
        routes: {
          route_config: {
            name: `outbound/${upstream.name}`,
            virtual_hosts: [
              {
                name: upstream.name,
                domains: [ref(`${key}/authority`)],
                routes: [
                  {
                    match: { prefix: '/' },
                    route: {
                      cluster: upstream.key,
                      host_rewrite_literal: upstream.authority,
                      ...timeLimits(plan, upstream.protocol),
                    },
                  },
                ],
              },
            ],
          },
        },
        filters: [canonicalFilter(), routerFilter()],
        accessLog: [],
      }),
    ],
  });
}

/** `/ready`, for whoever starts and balances the point; it never meets the policy. */
export function readyListener(point: string): Template {
  return {
    ...(listener('ready', `${point}/ready`, {
      filters: [
        {
          name: 'envoy.filters.network.http_connection_manager',
          typed_config: {
            '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
            stat_prefix: 'ready',
            route_config: {
              virtual_hosts: [
                {
                  name: 'ready',
                  domains: ['*'],
                  routes: [{ match: { prefix: '/' }, direct_response: { status: 404 } }],
                },
              ],
            },
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
          },
        },
      ],
    }) as object),
    // A full gateway is still ready.
    ignore_global_conn_limit: true,
  };
}

export function listener(name: string, key: string, chain: { readonly [name: string]: Template }): Template {
  return {
    name,
    address: { socket_address: { address: ref(`${key}/address`), port_value: ref(`${key}/port`) } },
    per_connection_buffer_limit_bytes: BUFFER_BYTES,
    // A second process on the same port is an error and no silent half of the traffic.
    enable_reuse_port: false,
    filter_chains: [{ transport_socket_connect_timeout: '10s', ...chain }],
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
