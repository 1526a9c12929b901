import { FILTERS } from '../../envoy/filter-order.js';
import { canonicalFilter } from '../../envoy/filters/canonical.js';
import { decisionQuestion } from '../../envoy/filters/decision.js';
import { rbacFilter } from '../../envoy/filters/rbac.js';
import { badToken, forbidden, notCanonical, unavailable } from '../../envoy/local-reply.js';
import { seconds } from '../../envoy/types.js';
import { CLOSE_SECONDS } from '../../plan/certificates.js';
import type { Plan } from '../../plan/plan.js';
import { tokenForm, tokenPolicies } from '../../policy/compile/envoy/index.js';
import type { EnvoyJsonPatch, EnvoyPatchPolicy, JsonPatchOperation } from '../kinds/index.js';
import { ENVOY_GATEWAY, GATEWAY_API, LISTENER } from './gateway.js';
import { INGRESS, type IngressPlace } from './place.js';
import { decisionFilterName } from './security-policy.js';

const MANAGER =
  "$.filter_chains[*].filters[?(@.name == 'envoy.filters.network.http_connection_manager')].typed_config";

/**
 * What no other kind says: that a request which is not canonical is refused before anything reads it, that nothing is
 * rewritten that was judged, what a refusal looks like, and what the decision service is told of the connection. Without
 * it a path is rewritten and then judged, and a condition on the connection never holds: nobody passes who would not by the
 * plain spelling.
 */
export function patchPolicy(plan: Plan, place: IngressPlace, asksDecisions: boolean): EnvoyPatchPolicy {
  const name = `${place.namespace}/${INGRESS}/${LISTENER}`;
  const patch = (operation: JsonPatchOperation): EnvoyJsonPatch => ({
    type: 'type.googleapis.com/envoy.config.listener.v3.Listener',
    name,
    operation,
  });
  return {
    apiVersion: `${ENVOY_GATEWAY}/v1alpha1`,
    kind: 'EnvoyPatchPolicy',
    metadata: { name: INGRESS, namespace: place.namespace },
    spec: {
      targetRef: { group: GATEWAY_API, kind: 'Gateway', name: INGRESS },
      type: 'JSONPatch',
      jsonPatches: [
        ...Object.entries(settings(plan)).map(([path, value]) =>
          patch({ op: 'add', jsonPath: MANAGER, path, value }),
        ),
        ...(asksDecisions ? [patch(toldOfConnection(place))] : []),
        // Each before the filter that it names.
        patch({
          op: 'add',
          jsonPath: filterNamed(asksDecisions ? decisionFilterName(place) : 'envoy.filters.http.rbac'),
          value: badTokens(plan, asksDecisions),
        }),
        patch({ op: 'add', jsonPath: `${MANAGER}.http_filters[0]`, value: canonicalFilter() }),
      ],
    },
  };
}

/** As at our own gateway (`lib/envoy/connection-manager.ts`), as far as a request's fate hangs on it. */
function settings({ connections }: Plan): Readonly<Record<string, unknown>> {
  return {
    // Envoy Gateway always has it on.
    '/normalize_path': false,
    '/http_protocol_options': { allow_absolute_url: false },
    '/common_http_protocol_options/max_headers_count': 100,
    '/drain_timeout': seconds(connections.drain),
    '/delayed_close_timeout': seconds(CLOSE_SECONDS),
    '/local_reply_config': { mappers: [notCanonical(), badToken(), forbidden(), unavailable()] },
  };
}

/** The client's address and certificate, over whatever it sent under these names. */
function toldOfConnection(place: IngressPlace): JsonPatchOperation {
  const added = Object.entries(decisionQuestion('gateway').added);
  return {
    op: 'add',
    jsonPath: `${filterNamed(decisionFilterName(place))}.typed_config.http_service`,
    path: '/authorization_request',
    value: { headers_to_add: added.map(([key, value]) => ({ key, value })) },
  };
}

/**
 * What is no token: the question to the decision service goes by HTTP/1.1, which leaves out the white space around one.
 * Without a decision service no token is good anywhere, or the policy would have been refused.
 */
function badTokens({ policy }: Plan, asksDecisions: boolean): object {
  const policies = asksDecisions
    ? tokenForm(policy.dpop === true)
    : tokenPolicies({ kind: 'sidecar', policy: { ...policy, issuers: {} } });
  return rbacFilter(FILTERS.token, 'token', policies) as object;
}

function filterNamed(name: string): string {
  return `${MANAGER}.http_filters[?(@.name == '${name}')]`;
}
