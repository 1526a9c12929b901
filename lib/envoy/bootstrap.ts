import { MAX_PROGRAM_SIZE } from '../policy/compile/envoy/index.js';
import { KEY_TUNNEL } from '../plan/names.js';
import { hasLogin } from '../plan/login.js';
import type { EgressNode, Plan } from '../plan/plan.js';
import { ref, type Template } from '../plan/refs.js';
import {
  applicationCluster,
  decisionCluster,
  issuerCluster,
  peerCluster,
  tcpApplicationCluster,
} from './clusters.js';
import { asksDecisions } from '../plan/delegation.js';
import { egressResources, waysOut } from './egress-point.js';
import {
  issuerThroughTunnel,
  keyServer,
  type TunnelledServer,
  tokenServers,
  tunnelCluster,
  tunnelEntrance,
  tunnelExits,
  tunnelListener,
} from './key-tunnel.js';
import { gatewayListeners, inboundListener, outboundListener, readyListener } from './listeners.js';
import { overloadManager } from './overload.js';
import { connectionListener, tcpOutboundListener } from './tcp-listeners.js';
import { type PointProfile, tunnelsKeys } from './profile.js';

/**
 * Envoy's default for expressions is 100 instructions, fewer than the path of an ordinary API has; it is
 * read before any listener or route is. What is larger `resolve` has refused already.
 */
const EXPRESSIONS: Template = runtime({});

/**
 * Cookies of sessions are sealed by AES-256-GCM. Envoy's default is CBC, by which somebody who may ask often can
 * read them (CVE-2026-47775); what was sealed so is not taken either.
 */
const SEALED: Template = runtime({
  'envoy.reloadable_features.oauth2_use_gcm_encryption': true,
  'envoy.reloadable_features.oauth2_legacy_cbc_decrypt_compat': false,
});

function runtime(more: { readonly [name: string]: boolean }): Template {
  const layer = { 're2.max_program_size.error_level': MAX_PROGRAM_SIZE, ...more };
  return { layers: [{ name: 'static', static_layer: layer }] };
}

/** The bootstrap of the gateway: everything but the rules, which come by the watched file. */
export function gatewayBootstrap(plan: Plan, profile: PointProfile = {}): Template {
  const { key, services } = plan.gateway;
  // Codes are exchanged where the keys are, or at a server of its own, reached in the same way.
  const keys = issuerServers(plan, key, profile, tokenServers(plan));
  const resources = {
    listeners: [...gatewayListeners(plan, profile), readyListener(key), ...keys.listeners],
    clusters: [
      ...services.map((name) => peerCluster(plan, key, plan.services[name]!)),
      ...decisionClusters(plan, key, profile),
      ...keys.clusters,
    ],
  };
  return bootstrap(plan, key, resources, hasLogin(plan) ? { layered_runtime: SEALED } : undefined);
}

/** The bootstrap of one service's sidecar. */
export function sidecarBootstrap(plan: Plan, name: string, profile: PointProfile = {}): Template {
  const service = plan.services[name]!;
  const { key, upstreams } = service.sidecar;
  const peers = upstreams.map((upstream) => plan.services[upstream]!);
  const isTcp = service.protocol === 'tcp';
  // Connections carry no tokens.
  const keys = isTcp ? { listeners: [], clusters: [] } : issuerServers(plan, key, profile);
  const out = waysOut(plan, service);
  return bootstrap(plan, key, {
    listeners: [
      isTcp ? connectionListener(plan, service) : inboundListener(plan, service, profile),
      ...peers.map((peer) =>
        peer.protocol === 'tcp' ? tcpOutboundListener(service, peer) : outboundListener(plan, service, peer),
      ),
      ...out.listeners,
      readyListener(key),
      ...keys.listeners,
    ],
    clusters: [
      isTcp ? tcpApplicationCluster(service) : applicationCluster(plan, service),
      ...peers.map((peer) => peerCluster(plan, key, peer)),
      ...out.clusters,
      ...decisionClusters(plan, key, profile),
      ...keys.clusters,
    ],
  });
}

/** The bootstrap of the egress gateway: its destinations are fixed, who may call them comes by the watched file. */
export function egressBootstrap(plan: Plan, egress: EgressNode, profile: PointProfile = {}): Template {
  return bootstrap(plan, egress.key, egressResources(plan, egress, profile));
}

/** The bootstrap of the key tunnel: it has no rules, only the issuers' hosts. */
export function keyTunnelBootstrap(plan: Plan): Template {
  const listeners = [tunnelListener(plan), readyListener(KEY_TUNNEL)];
  return bootstrap(plan, KEY_TUNNEL, { listeners, clusters: tunnelExits(plan) }, {});
}

function decisionClusters(plan: Plan, point: string, profile: PointProfile): Template[] {
  return asksDecisions(plan, point) ? [decisionCluster(point, profile)] : [];
}

interface Resources {
  readonly listeners: readonly Template[];
  readonly clusters: readonly Template[];
}

function issuerServers(
  plan: Plan,
  point: string,
  profile: PointProfile,
  others: readonly TunnelledServer[] = [],
): Resources {
  const servers = [...Object.values(plan.issuers).map(keyServer), ...others];
  if (!tunnelsKeys(plan, profile)) return { listeners: [], clusters: servers.map(issuerCluster) };
  return {
    listeners: servers.map((server) => tunnelEntrance(point, server)),
    clusters: servers.flatMap((server) => [
      issuerThroughTunnel(point, server),
      tunnelCluster(plan, point, server),
    ]),
  };
}

function bootstrap(
  plan: Plan,
  point: string,
  { listeners, clusters }: Resources,
  more: { readonly [name: string]: Template } = { layered_runtime: EXPRESSIONS },
): Template {
  return {
    node: { id: point, cluster: plan.trustDomain },
    // 384 is 0600: the admin interface can do everything, so only its owner may open it.
    admin: { address: { pipe: { path: ref(`${point}/admin/path`), mode: 384 } } },
    static_resources: { listeners, clusters },
    overload_manager: overloadManager(plan),
    stats_config: { stats_tags: [{ tag_name: 'point', fixed_value: point }] },
    ...more,
  };
}
