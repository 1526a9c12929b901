import { KEY_TUNNEL, spiffeId } from '../plan/names.js';
import type { IssuerNode, LoginNode, Plan } from '../plan/plan.js';
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

/** A server of an issuer that points reach through the tunnel. */
export interface TunnelledServer {
  /** The issuer's, of its keys; that and `/token`, where codes are exchanged elsewhere. Clusters have this name. */
  readonly key: string;
  /** The key of the issuer. */
  readonly issuer: string;
  readonly url: string;
  /** Whether the deployment makes it. */
  readonly isDirectory: boolean;
}

/** Where an issuer has its keys. */
export function keyServer({ key, jwksUri, directory }: IssuerNode): TunnelledServer {
  return { key, issuer: key, url: jwksUri, isDirectory: directory !== undefined };
}

/** Where providers exchange codes for tokens, if their keys are at another server. */
export function tokenServers({ services }: Pick<Plan, 'services'>): TunnelledServer[] {
  const logins = Object.values(services).flatMap(({ login }): LoginNode[] => (login ? [login] : []));
  const elsewhere = logins.filter(({ tokenServer, issuer }) => tokenServer !== issuer);
  const servers = elsewhere.map(({ tokenServer: key, issuer, tokenEndpoint: url }) => ({
    key,
    issuer,
    url,
    isDirectory: false,
  }));
  return [...new Map(servers.map((server) => [server.key, server])).values()];
}

/**
 * An issuer's server through the tunnel: the TLS that ends at it begins here, so that whoever holds the tunnel can
 * neither read nor make a key, nor read the secret of a login's client.
 */
export function issuerThroughTunnel(point: string, server: TunnelledServer): Template {
  return {
    ...staticCluster(server.key, { pipe: { path: entrancePath(point, server) } }),
    transport_socket: issuerClient(ref(`${server.issuer}/ca/path`), hostOf(server)),
  };
}

/**
 * Takes the bytes of that cluster. It is a socket that only this process's user may open, because Envoy's main
 * thread, which fetches keys ahead of any request, reaches no internal listener (measured on 1.40).
 */
export function tunnelEntrance(point: string, server: TunnelledServer): Template {
  return {
    name: inner(server),
    // 384 is 0600.
    address: { pipe: { path: entrancePath(point, server), mode: 384 } },
    filter_chains: [{ filters: [tcpProxy(inner(server), inner(server))] }],
  };
}

function entrancePath(point: string, { key }: TunnelledServer): Template {
  return ref(`${point}/keys/${key.slice('issuers/'.length)}/path`);
}

/** Sends them to the tunnel, over mTLS; the name in the outer handshake says for which host they are. */
export function tunnelCluster(plan: Plan, point: string, server: TunnelledServer): Template {
  const tunnel = tunnelOf(plan);
  return {
    ...cluster(inner(server), `${tunnel.key}/endpoint`),
    transport_socket: tunnelClient(point, tunnel.spiffeId, hostOf(server)),
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
    filter_chains: tunnelHosts(plan).map((server) => ({
      filter_chain_match: { server_names: [hostOf(server)] },
      transport_socket_connect_timeout: '10s',
      transport_socket: meshServer(tunnel.point),
      filters: [
        tcpProxy(server.key, server.key, {
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
  return tunnelHosts(plan).map(({ key }) => outsideCluster(key, `${key}/endpoint`));
}

/** The first server of each host. Throws `RangeError` if one host has servers at two ports. */
export function tunnelHosts(plan: Plan): TunnelledServer[] {
  const byHost = new Map<string, TunnelledServer>();
  for (const server of [...Object.values(plan.issuers).map(keyServer), ...tokenServers(plan)]) {
    const first = byHost.get(hostOf(server)) ?? server;
    if (new URL(first.url).port !== new URL(server.url).port) {
      throw new RangeError(`${first.key} and ${server.key} are at two ports of one host`);
    }
    byHost.set(hostOf(server), first);
  }
  return [...byHost.values()];
}

function inner({ key }: TunnelledServer): string {
  return `${key}/tunnel`;
}

function hostOf({ url }: TunnelledServer): string {
  return new URL(url).hostname;
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
