import { FILTERS } from '../envoy/filter-order.js';
import { canonicalFilter } from '../envoy/filters/canonical.js';
import { rbacFilter } from '../envoy/filters/rbac.js';
import { badToken, forbidden, notCanonical, unavailable } from '../envoy/local-reply.js';
import { strippedHeaders } from '../envoy/stripped-headers.js';
import { extension, seconds } from '../envoy/types.js';
import type { Plan } from '../plan/plan.js';
import { type Policies, tokenForm, tokenPolicies } from '../policy/compile/envoy/index.js';
import type { Template } from '../plan/refs.js';
import { DECIDING_RULE } from '../point/decision-headers.js';
import type { MeshDecisionService, MeshMode } from './mesh-options.js';
import type { EnvoyConfigPatch, EnvoyFilter, EnvoyFilterPlace } from './kinds/index.js';
import { WAYPOINT_TARGETS } from './waypoint.js';

const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';
const MANAGER_TYPE = extension('filters.network.http_connection_manager.v3.HttpConnectionManager');

/** Listeners of a waypoint (Istio 1.31): callers' tunnels end at the one, and their requests come out of it at the other. */
const TUNNELS = 'connect_terminate';
const REQUESTS = 'main_internal';

/**
 * What Istio's own objects cannot say of every sidecar of the namespace, or of its waypoint: that a request which is not
 * canonical is refused before anything reads it, with 400, and what is no token with 401; and that nothing is rewritten
 * that was judged.
 */
export function canonicalEnvoyFilter(
  plan: Plan,
  asksDecisions: boolean,
  mode: MeshMode = 'sidecar',
): EnvoyFilter {
  const isAmbient = mode === 'ambient';
  const place: EnvoyFilterPlace = isAmbient ? { targetRefs: WAYPOINT_TARGETS } : {};
  return filterObject(plan, 'canonical-requests', asksDecisions, isAmbient, place);
}

/** The same of the decision service's sidecar, where no other pod has one. */
export function decisionEnvoyFilter(
  plan: Plan,
  { serviceName, selector }: Pick<MeshDecisionService, 'serviceName' | 'selector'>,
): EnvoyFilter {
  const place: EnvoyFilterPlace = { workloadSelector: { labels: selector } };
  return filterObject(plan, `${serviceName}.canonical-requests`, true, false, place);
}

function filterObject(
  plan: Plan,
  name: string,
  asksDecisions: boolean,
  isAmbient: boolean,
  place: EnvoyFilterPlace,
): EnvoyFilter {
  // A tunnel is no request: its CONNECT would be refused.
  const patch = patchesOf(isAmbient ? REQUESTS : undefined);
  const manager = settings(plan, isAmbient ? AT_WAYPOINT : AT_SIDECAR);
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name, namespace: plan.namespace },
    spec: {
      ...place,
      configPatches: [
        ...(isAmbient
          ? [patchesOf(TUNNELS)('NETWORK_FILTER', 'MERGE', managerOf(tunnelSettings(plan)))]
          : []),
        patch('NETWORK_FILTER', 'MERGE', managerOf(manager)),
        // The last that is inserted first is the first.
        patch(
          'HTTP_FILTER',
          'INSERT_FIRST',
          rbacFilter(FILTERS.token, 'token', badTokens(plan, asksDecisions)),
        ),
        patch('HTTP_FILTER', 'INSERT_FIRST', canonicalFilter()),
      ],
    },
  };
}

function managerOf(given: Settings): Template {
  return { name: CONNECTION_MANAGER, typed_config: { '@type': MANAGER_TYPE, ...given } };
}

/** Without a decision service no token is good anywhere, or the policy would have been refused. */
function badTokens({ policy }: Plan, asksDecisions: boolean): Policies {
  if (asksDecisions) return tokenForm(policy.dpop === true);
  return tokenPolicies({ kind: 'sidecar', policy: { ...policy, issuers: {} } });
}

/** Patches of the connection managers of one listener, or of all. A waypoint's are inbound ones, too (Istio 1.31). */
function patchesOf(listener?: string) {
  return (
    applyTo: EnvoyConfigPatch['applyTo'],
    operation: EnvoyConfigPatch['patch']['operation'],
    value: Template,
  ): EnvoyConfigPatch => ({
    applyTo,
    match: {
      context: 'SIDECAR_INBOUND',
      listener: {
        ...(listener !== undefined && ({ name: listener } satisfies Partial<ListenerMatch>)),
        filterChain: { filter: { name: CONNECTION_MANAGER } },
      },
    },
    patch: { operation, value },
  });
}

type ListenerMatch = EnvoyConfigPatch['match']['listener'];

type Settings = Readonly<Record<string, Template>>;

/** A peer's own account of who came before it is not believed; the application is told the peer's identity. */
const AT_SIDECAR: Settings = {
  forward_client_cert_details: 'SANITIZE_SET',
  set_current_client_cert_details: { uri: true, subject: false },
};

/**
 * At a waypoint no connection with a certificate is left, so that the application is told nothing. Where the tunnel came
 * from is the remote address; by Istio's own default it would be what a request says of itself.
 */
const AT_WAYPOINT: Settings = { forward_client_cert_details: 'SANITIZE', use_remote_address: true };

/** A tunnel ends as a connection does; where it comes from is the connection's own address, and no header's. */
function tunnelSettings({ connections: { maxConnection, drain } }: Plan): Settings {
  return {
    use_remote_address: true,
    common_http_protocol_options: { max_connection_duration: seconds(maxConnection) },
    drain_timeout: seconds(drain),
  };
}

/** As at our own sidecars (`lib/envoy/connection-manager.ts`), as far as a request's fate hangs on it. */
function settings(plan: Plan, place: Settings): Settings {
  const { maxConnection, drain, maxStream } = plan.connections;
  return {
    // Istio's own default resolves dots and escapes, and then judges what nobody sent.
    normalize_path: false,
    path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
    ...place,
    http_protocol_options: { allow_absolute_url: false },
    http2_protocol_options: { override_stream_error_on_invalid_http_message: true },
    common_http_protocol_options: {
      headers_with_underscores_action: 'REJECT_REQUEST',
      max_connection_duration: seconds(maxConnection),
      max_stream_duration: seconds(maxStream),
    },
    drain_timeout: seconds(drain),
    early_header_mutation_extensions: strippedHeaders('sidecar', [DECIDING_RULE]),
    local_reply_config: { mappers: [notCanonical(), badToken(), forbidden(), unavailable()] },
  };
}
