import type { Plan } from '../plan/plan.js';
import { DECIDING_RULE } from '../point/decision-headers.js';
import { CALLER_OF_WAYPOINT } from './mesh-decision.js';
import type { MeshMode } from './mesh-options.js';
import type { Telemetry, TelemetrySpec } from './kinds/index.js';
import { WAYPOINT_TARGETS } from './waypoint.js';

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

/** What Istio reports of a bare connection: it has no protocol of requests, and a way to the service once it was admitted. */
const REQUEST = 'has(request.protocol)';
const CONNECTION = `!${REQUEST}`;
const REFUSED =
  "has(connection.termination_details) && connection.termination_details.startsWith('rbac_access_denied')";

/** Nothing was decided of a connection that ended without a byte. */
export const CONNECTION_FILTERS: Readonly<Record<Decision, string>> = {
  allow: `${CONNECTION} && !(${REFUSED}) && has(upstream.address)`,
  refuse: `${CONNECTION} && ${REFUSED}`,
};

const CONNECTION_PROVIDERS: Readonly<Record<Decision, string>> = {
  allow: 'ztp-connection-log-allow',
  refuse: 'ztp-connection-log-refuse',
};

/** How a sidecar names its service and the peer, and how a waypoint does, by the name of the route. */
const NAMES: Readonly<Record<MeshMode, { readonly service: string; readonly peer: string }>> = {
  // A sidecar's service account is its service's name.
  sidecar: { service: '%ENVIRONMENT(SERVICE_ACCOUNT)%', peer: '%DOWNSTREAM_PEER_URI_SAN%' },
  ambient: { service: '%ROUTE_NAME%', peer: CALLER_OF_WAYPOINT },
};

/** One name: it has no `rule` for what Istio itself admitted, as Istio knows only its own policies. See `docs/kubernetes/visibility.md`. */
export function decisionLogLine(
  plan: Plan,
  decision: Decision,
  mode: MeshMode = 'sidecar',
): Readonly<Record<string, string | number>> {
  const { service, peer } = NAMES[mode];
  return {
    version: plan.decisionLog.version,
    time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
    point: `services/${service}/sidecar`,
    decision,
    status: '%RESPONSE_CODE%',
    service,
    reason:
      decision === 'allow'
        ? '%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%'
        : '%RESPONSE_CODE_DETAILS%',
    ...(decision === 'allow' && { rule: `%REQ(${DECIDING_RULE})%` }),
    method: '%REQ(:METHOD)%',
    path: '%PATH(NQ)%',
    peer,
    traceparent: '%REQ(TRACEPARENT):128%',
    requestId: '%REQ(X-REQUEST-ID):128%',
    duration: '%DURATION%',
  };
}

/** Of a connection, when it ends; Istio does not say which policy admitted it. */
export function connectionLogLine(plan: Plan, decision: Decision): Readonly<Record<string, string | number>> {
  return {
    version: plan.decisionLog.version,
    time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
    point: 'services/%ENVIRONMENT(SERVICE_ACCOUNT)%/sidecar',
    decision,
    status: decision === 'allow' ? 200 : 403,
    service: '%ENVIRONMENT(SERVICE_ACCOUNT)%',
    operation: 'tcp',
    ...(decision === 'refuse' && { reason: '%CONNECTION_TERMINATION_DETAILS%' }),
    peer: '%DOWNSTREAM_PEER_URI_SAN%',
  };
}

interface Log {
  readonly provider: string;
  readonly filter: string;
  readonly labels: Readonly<Record<string, string | number>>;
}

/** What is told: of requests, and of connections where there is a service that takes some. */
function logs(plan: Plan, mode?: MeshMode): readonly Log[] {
  const takesConnections = Object.values(plan.services).some(({ protocol }) => protocol === 'tcp');
  return told(plan).flatMap((decision) => {
    const ofRequests = {
      // Of another platform of the mesh, with sidecars, the lines are others.
      provider: mode === 'ambient' ? `${LOG_PROVIDERS[decision]}-waypoint` : LOG_PROVIDERS[decision],
      filter: LOG_FILTERS[decision],
      labels: decisionLogLine(plan, decision, mode),
    };
    if (!takesConnections) return [ofRequests];
    return [
      // A connection is no request that was refused.
      { ...ofRequests, filter: `${REQUEST} && (${ofRequests.filter})` },
      {
        provider: CONNECTION_PROVIDERS[decision],
        filter: CONNECTION_FILTERS[decision],
        labels: connectionLogLine(plan, decision),
      },
    ];
  });
}

/** The decisions that the plan wants told. */
function told(plan: Plan): readonly Decision[] {
  return plan.decisionLog.decisions === 'all' ? ['allow', 'refuse'] : ['refuse'];
}

/** Entries of `extensionProviders` in the mesh's configuration: a line of JSON a request or connection, on a sidecar's output. */
export function decisionLogProviders(plan: Plan, mode?: MeshMode): readonly object[] {
  return logs(plan, mode).map(({ provider, labels }) => ({
    name: provider,
    envoyFileAccessLog: {
      path: '/dev/stdout',
      logFormat: { labels },
      omitEmptyValues: true,
    },
  }));
}

/** Whose requests are told: those that come to a workload, not those that it makes; all of a waypoint's come to one. */
export function decisionLogTelemetry(plan: Plan, mode?: MeshMode): Telemetry {
  return {
    apiVersion: 'telemetry.istio.io/v1',
    kind: 'Telemetry',
    metadata: { name: 'decision-log', namespace: plan.namespace },
    spec: {
      ...(mode === 'ambient' && ({ targetRefs: WAYPOINT_TARGETS } satisfies Partial<TelemetrySpec>)),
      accessLogging: logs(plan, mode).map(({ provider, filter }) => ({
        match: { mode: 'SERVER' },
        providers: [{ name: provider }],
        filter: { expression: filter },
      })),
    },
  };
}
