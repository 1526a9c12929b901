import type { Plan } from '../plan/plan.js';
import { DECIDING_RULE } from '../point/decision-headers.js';
import type { KubernetesObject } from './object.js';

/** What Envoy's filters of access rules say of a request, of Istio's own policies: the last of them is ALLOW. */
const RBAC = "metadata.filter_metadata['envoy.filters.http.rbac']";
const RESULT = 'enforced_engine_result';

const ADMITTED =
  `'envoy.filters.http.rbac' in metadata.filter_metadata && '${RESULT}' in ${RBAC} && ` +
  `${RBAC}['${RESULT}'] == 'allowed'`;

/** A request that no rule was asked about was refused before: no line may be lost because a value is missing. */
export const LOG_FILTERS = { allow: ADMITTED, refuse: `!(${ADMITTED})` } as const;

type Decision = keyof typeof LOG_FILTERS;

/** Names of the providers in the mesh's configuration. */
export const LOG_PROVIDERS: Readonly<Record<Decision, string>> = {
  allow: 'ztp-decision-log-allow',
  refuse: 'ztp-decision-log-refuse',
};

/** One name: it has no `rule` for what Istio itself admitted, as Istio knows only its own policies. See `docs/kubernetes/visibility.md`. */
export function decisionLogLine(plan: Plan, decision: Decision): Readonly<Record<string, string | number>> {
  return {
    version: plan.decisionLog.version,
    time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
    // A sidecar's service account is its service's name.
    point: 'services/%ENVIRONMENT(SERVICE_ACCOUNT)%/sidecar',
    decision,
    status: '%RESPONSE_CODE%',
    service: '%ENVIRONMENT(SERVICE_ACCOUNT)%',
    reason:
      decision === 'allow'
        ? '%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%'
        : '%RESPONSE_CODE_DETAILS%',
    ...(decision === 'allow' && { rule: `%REQ(${DECIDING_RULE})%` }),
    method: '%REQ(:METHOD)%',
    path: '%PATH(NQ)%',
    peer: '%DOWNSTREAM_PEER_URI_SAN%',
    traceparent: '%REQ(TRACEPARENT):128%',
    requestId: '%REQ(X-REQUEST-ID):128%',
    duration: '%DURATION%',
  };
}

/** The decisions that the plan wants told. */
function told(plan: Plan): readonly Decision[] {
  return plan.decisionLog.decisions === 'all' ? ['allow', 'refuse'] : ['refuse'];
}

/** Entries of `extensionProviders` in the mesh's configuration: a line of JSON a request, on a sidecar's output. */
export function decisionLogProviders(plan: Plan): readonly object[] {
  return told(plan).map((decision) => ({
    name: LOG_PROVIDERS[decision],
    envoyFileAccessLog: {
      path: '/dev/stdout',
      logFormat: { labels: decisionLogLine(plan, decision) },
      omitEmptyValues: true,
    },
  }));
}

/** Whose requests are told: those that come to a workload, not those that it makes. */
export function decisionLogTelemetry(plan: Plan): KubernetesObject {
  return {
    apiVersion: 'telemetry.istio.io/v1',
    kind: 'Telemetry',
    metadata: { name: 'decision-log', namespace: plan.namespace },
    spec: {
      accessLogging: told(plan).map((decision) => ({
        match: { mode: 'SERVER' },
        providers: [{ name: LOG_PROVIDERS[decision] }],
        filter: { expression: LOG_FILTERS[decision] },
      })),
    },
  };
}
