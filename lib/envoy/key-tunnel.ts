import { KEY_TUNNEL, spiffeId } from '../plan/names.js';
import type { IssuerNode, Plan } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import { jsonLog } from './access-log.js';
import { cluster, outsideCluster, staticCluster } from './clusters.js';
import { issuerClient, meshServer, tunnelClient } from './tls.js';
import { extension, seconds } from './types.js';

/** Seconds for which a tunnel is kept without a byte: a fetch takes two at most, a minute apart. */
const IDLE = 90;

export function keyTunnelSpiffeId(plan: Plan): string {
  return spiffeId(plan.trustDomain, plan.namespace, KEY_TUNNEL);
}

/** Who carries the bytes of key fetches. */
interface Tunnel {
  /** The point that it is a listener of. */
  readonly point: string;
  readonly spiffeId: string;
  /** The prefix of where it listens, and of where others reach it. */
  readonly key: string;
}

/** The egress gateway's own where there is one, since nothing leaves but there; else a point by itself. */
export function tunnelOf(plan: Plan): Tunnel {
  const { egress } = plan;
  if (egress) return { point: egress.key, spiffeId: egress.spiffeId, key: `${egress.key}/tunnel` };
  return { point: KEY_TUNNEL, spiffeId: keyTunnelSpiffeId(plan), key: KEY_TUNNEL };
}

/**
 * An issuer's keys through the tunnel: the TLS that ends at the issuer's server begins here, so that
 * whoever holds the tunnel can neither read nor make a key.
 */
export function issuerThroughTunnel(point: string, issuer: IssuerNode): Template {
  return {
    ...staticCluster(issuer.key, { pipe: { path: entrancePath(point, issuer) } }),
    transport_socket: issuerClient(ref(`${issuer.key}/ca/path`), hostOf(issuer)),
  };
}

/**
 * Takes the bytes of that cluster. It is a socket that only this process's user may open, because Envoy's main
 * thread, which fetches keys ahead of any request, reaches no internal listener (measured on 1.40).
 */
export function tunnelEntrance(point: string, issuer: IssuerNode): Template {
  return {
    name: inner(issuer),
    // 384 is 0600.
    address: { pipe: { path: entrancePath(point, issuer), mode: 384 } },
    filter_chains: [{ filters: [tcpProxy(inner(issuer), inner(issuer))] }],
  };
}

function entrancePath(point: string, issuer: IssuerNode): Template {
  return ref(`${point}/keys/${issuer.key.slice('issuers/'.length)}/path`);
}

/** Sends them to the tunnel, over mTLS; the name in the outer handshake says for which host they are. */
export function tunnelCluster(plan: Plan, point: string, issuer: IssuerNode): Template {
  const tunnel = tunnelOf(plan);
  return {
    ...cluster(inner(issuer), `${tunnel.key}/endpoint`),
    transport_socket: tunnelClient(point, tunnel.spiffeId, hostOf(issuer)),
  };
}

/**
 * The tunnel's own listener: a chain for each issuer's host and none for any other, so a handshake for
 * another host ends there. Only workloads of the trust domain may use it.
 */
export function tunnelListener(plan: Plan): Template {
  const { maxConnection } = plan.connections;
  const tunnel = tunnelOf(plan);
  return {
    name: 'tunnel',
    address: {
      socket_address: {
        address: ref(`${tunnel.key}/listen/address`),
        port_value: ref(`${tunnel.key}/listen/port`),
      },
    },
    enable_reuse_port: false,
    listener_filters: [
      {
        name: 'envoy.filters.listener.tls_inspector',
        typed_config: { '@type': extension('filters.listener.tls_inspector.v3.TlsInspector') },
      },
    ],
    filter_chains: tunnelHosts(plan).map((issuer) => ({
      filter_chain_match: { server_names: [hostOf(issuer)] },
      transport_socket_connect_timeout: '10s',
      transport_socket: meshServer(tunnel.point),
      filters: [
        tcpProxy(issuer.key, issuer.key, {
          max_downstream_connection_duration: seconds(maxConnection),
          access_log: [
            jsonLog({
              event: 'tunnel',
              time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
              peer: '%DOWNSTREAM_PEER_URI_SAN%',
              host: '%REQUESTED_SERVER_NAME%',
              sent: '%BYTES_SENT%',
              received: '%BYTES_RECEIVED%',
              duration: '%DURATION%',
            }),
          ],
        }),
      ],
    })),
  };
}

/** Where the tunnel leads, one cluster for each host. */
export function tunnelExits(plan: Plan): Template[] {
  return tunnelHosts(plan).map((issuer) => outsideCluster(issuer.key, `${issuer.key}/endpoint`));
}

/** The first issuer of each host. Throws `RangeError` if one host serves keys at two ports. */
export function tunnelHosts({ issuers }: Plan): IssuerNode[] {
  const byHost = new Map<string, IssuerNode>();
  for (const issuer of Object.values(issuers)) {
    const first = byHost.get(hostOf(issuer)) ?? issuer;
    if (new URL(first.jwksUri).port !== new URL(issuer.jwksUri).port) {
      throw new RangeError(`the keys of ${first.key} and ${issuer.key} are at two ports of one host`);
    }
    byHost.set(hostOf(issuer), first);
  }
  return [...byHost.values()];
}

function inner({ key }: IssuerNode): string {
  return `${key}/tunnel`;
}

function hostOf({ jwksUri }: IssuerNode): string {
  return new URL(jwksUri).hostname;
}

function tcpProxy(prefix: string, to: string, more: { readonly [name: string]: Template } = {}): Template {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: {
      '@type': extension('filters.network.tcp_proxy.v3.TcpProxy'),
      stat_prefix: prefix,
      cluster: to,
      idle_timeout: seconds(IDLE),
      ...more,
    },
  };
}
