import { connectionManager } from '../envoy/connection-manager.js';
import { FILTERS } from '../envoy/filter-order.js';
import { canonicalFilter } from '../envoy/filters/canonical.js';
import { rbacFilter } from '../envoy/filters/rbac.js';
import { badToken, forbidden, notCanonical, unavailable } from '../envoy/local-reply.js';
import { strippedHeaders } from '../envoy/stripped-headers.js';
import { seconds } from '../envoy/types.js';
import type { Plan } from '../plan/plan.js';
import { type Policies, tokenForm, tokenPolicies } from '../policy/compile/envoy/index.js';
import type { Template } from '../plan/refs.js';
import { DECIDING_RULE } from '../point/decision-headers.js';
import type { KubernetesObject } from './object.js';

const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';

/**
 * What Istio's own objects cannot say of every sidecar of the namespace: that a request which is not canonical is
 * refused before anything reads it, with 400, and what is no token with 401; and that nothing is rewritten that was judged.
 */
export function canonicalEnvoyFilter(plan: Plan, asksDecisions: boolean): KubernetesObject {
  const { name: _, ...manager } = connectionManager('', {}) as Readonly<Record<string, Template>>;
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'canonical-requests', namespace: plan.namespace },
    spec: {
      configPatches: [
        patch('NETWORK_FILTER', 'MERGE', { name: CONNECTION_MANAGER, typed_config: settings(manager, plan) }),
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

/** Without a decision service no token is good anywhere, or the policy would have been refused. */
function badTokens({ policy }: Plan, asksDecisions: boolean): Policies {
  if (asksDecisions) return tokenForm(policy.dpop === true);
  return tokenPolicies({ kind: 'sidecar', policy: { ...policy, issuers: {} } });
}

function patch(applyTo: string, operation: string, value: unknown): object {
  return {
    applyTo,
    match: {
      context: 'SIDECAR_INBOUND',
      listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } },
    },
    patch: { operation, value },
  };
}

/** As at our own sidecars (`lib/envoy/connection-manager.ts`), as far as a request's fate hangs on it. */
function settings({ typed_config: empty }: Readonly<Record<string, Template>>, plan: Plan): Template {
  const { maxConnection, drain, maxStream } = plan.connections;
  const { '@type': type } = empty as Readonly<Record<string, Template>>;
  return {
    '@type': type!,
    // Istio's own default resolves dots and escapes, and then judges what nobody sent.
    normalize_path: false,
    path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
    // A peer's own account of who came before it is not believed; the application is told the peer's identity.
    forward_client_cert_details: 'SANITIZE_SET',
    set_current_client_cert_details: { uri: true, subject: false },
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
