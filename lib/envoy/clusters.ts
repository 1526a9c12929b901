import type { Plan, ServiceNode } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import { DECISION } from './filters/decision.js';
import type { TunnelledServer } from './key-tunnel.js';
import type { PointProfile } from './profile.js';
import { issuerClient, meshClient } from './tls.js';
import { extension, seconds } from './types.js';

/** Seconds to open a connection to a peer. */
const CONNECT_TIMEOUT = 2;

/**
 * Seconds for which a connection to an application is kept without a request. Applications close idle
 * ones themselves (gunicorn after 2 seconds, Node and Apache after 5), and a request that crosses with
 * that is lost; so the point closes first. On loopback another connection costs next to nothing.
 */
const APPLICATION_IDLE = 1;

/** The cluster of the application that a sidecar stands in front of. */
export const APPLICATION = 'application';

/** The sidecar of another service, over mTLS and HTTP/2. The cluster is named by the service's key. */
export function peerCluster(plan: Plan, point: string, service: ServiceNode): Template {
  return {
    ...cluster(service.key, `${service.key}/endpoint`),
    circuit_breakers: circuitBreakers(plan),
    transport_socket: meshClient(point, service.sidecar.spiffeId),
    typed_extension_protocol_options: httpOptions({ http2_protocol_options: {} }, plan),
  };
}

/** The application: plain HTTP on the workload's own loopback. */
export function applicationCluster(plan: Plan, service: ServiceNode): Template {
  const protocol =
    service.protocol === 'grpc' ? { http2_protocol_options: {} } : { http_protocol_options: {} };
  return {
    ...cluster(APPLICATION, `${service.key}/application`),
    circuit_breakers: circuitBreakers(plan),
    typed_extension_protocol_options: httpOptions(protocol, plan, {
      idle_timeout: seconds(APPLICATION_IDLE),
    }),
  };
}

/** The application of a TCP service: bare connections on the workload's own loopback, one for each of a caller. */
export function tcpApplicationCluster({ key, connections }: ServiceNode): Template {
  const { max } = connections!;
  return {
    ...cluster(APPLICATION, `${key}/application`),
    circuit_breakers: {
      thresholds: [{ max_connections: max, max_pending_requests: max, max_requests: max }],
    },
  };
}

/** The decision service beside a point: plain HTTP on the point's own loopback, or a socket of its own. */
export function decisionCluster(point: string, { decision }: PointProfile): Template {
  if (decision !== 'socket') return cluster(DECISION, `${point}/decision`);
  return staticCluster(DECISION, { pipe: { path: ref(`${point}/decision/path`) } });
}

/** Where an issuer's keys come from, or a login's tokens. */
export function issuerCluster({ key, issuer, url }: TunnelledServer): Template {
  return {
    ...cluster(key, `${key}/endpoint`),
    transport_socket: issuerClient(ref(`${issuer}/ca/path`), new URL(url).hostname),
  };
}

/** A cluster of one name, whose address is the value of a ref. */
export function cluster(name: string, endpoint: string): { readonly [name: string]: Template } {
  const address = { address: ref(`${endpoint}/address`), port_value: ref(`${endpoint}/port`) };
  return {
    name,
    type: 'STRICT_DNS',
    connect_timeout: seconds(CONNECT_TIMEOUT),
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: address } } }] }],
    },
  };
}

/**
 * A cluster of a host outside. Of a name with addresses of both kinds Envoy's default takes the IPv6 ones alone (measured
 * on 1.40), to which a network without IPv6 has no way.
 */
export function outsideCluster(name: string, endpoint: string): { readonly [name: string]: Template } {
  return { ...cluster(name, endpoint), dns_lookup_family: 'V4_PREFERRED' };
}

/** A cluster of one address that needs no look-up. */
export function staticCluster(name: string, address: Template): { readonly [name: string]: Template } {
  return {
    name,
    type: 'STATIC',
    connect_timeout: seconds(CONNECT_TIMEOUT),
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}

/** What a point has under way with one upstream: as much as it accepts; Envoy's default is 1,024. 503 above. */
export function circuitBreakers({ firewall: { maxConnections } }: Plan): Template {
  return {
    thresholds: [
      {
        max_connections: maxConnections,
        max_pending_requests: maxConnections,
        max_requests: maxConnections,
      },
    ],
  };
}

export function httpOptions(
  protocol: Template,
  plan: Plan,
  more: { idle_timeout?: string } = {},
  filters: readonly Template[] = [],
): Template {
  return {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': extension('upstreams.http.v3.HttpProtocolOptions'),
      common_http_protocol_options: {
        max_connection_duration: seconds(plan.connections.maxConnection),
        ...more,
      },
      explicit_http_config: protocol,
      ...(filters.length > 0 && { http_filters: filters }),
    },
  };
}
