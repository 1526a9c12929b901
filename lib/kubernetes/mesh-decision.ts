import { decisionQuestion } from '../envoy/filters/decision.js';
import { spiffeId } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { principalOf } from '../policy/compile/istio/index.js';
import { DECIDING_RULE, PEER, SOURCE_ADDRESS } from '../point/decision-headers.js';
import { authorizationPolicy } from './authorization-policy.js';
import type { MeshAuthorizationOptions, MeshDecisionService } from './mesh-options.js';
import type { AuthorizationPolicy, DestinationRule } from './kinds/index.js';
import { waypointId } from './waypoint.js';

/**
 * The name of the extension provider in the mesh's configuration, where another platform of the mesh has its own. A policy with a
 * provider that is not there refuses, and so does Istio 1.31 with one whose name has a dot.
 */
export function decisionProviderName({ namespace }: Plan): string {
  return `ztp-decision-service-${namespace}`;
}

/** Istio's sidecars believe a peer's `x-forwarded-for`; this is the other end of the connection itself. */
const CONNECTED_FROM = '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%';

/** At a waypoint, where the connection itself is the end of a tunnel: there the caller's own connection ended before, and this is what its certificate said. */
export const CALLER_OF_WAYPOINT = '%FILTER_STATE(io.istio.peer_principal:PLAIN)%';

/** The host of the decision service's Kubernetes Service. */
export function decisionHost(
  { namespace }: Plan,
  { serviceName }: MeshDecisionService,
  { clusterDomain = 'cluster.local' }: Pick<MeshAuthorizationOptions, 'clusterDomain'>,
): string {
  return `${serviceName}.${namespace}.svc.${clusterDomain}`;
}

/** The entry of `extensionProviders` in the mesh's configuration: only 200 admits, and no answer is 503. */
export function decisionProvider(
  plan: Plan,
  decision: MeshDecisionService,
  options: Pick<MeshAuthorizationOptions, 'clusterDomain' | 'mode'>,
): object {
  const { headers, added, timeout } = decisionQuestion('sidecar');
  return {
    name: decisionProviderName(plan),
    envoyExtAuthzHttp: {
      // With its namespace: a ServiceEntry of the same host elsewhere would make the host alone ambiguous.
      service: `${plan.namespace}/${decisionHost(plan, decision, options)}`,
      port: decision.servicePort,
      timeout,
      failOpen: false,
      statusOnError: '503',
      includeRequestHeadersInCheck: headers,
      includeAdditionalHeadersInCheck: {
        ...added,
        ...(options.mode === 'ambient'
          ? { [PEER]: CALLER_OF_WAYPOINT }
          : { [SOURCE_ADDRESS]: CONNECTED_FROM }),
      },
      headersToUpstreamOnAllow: [DECIDING_RULE],
      headersToDownstreamOnDeny: ['content-type', 'dpop-nonce', 'www-authenticate'],
    },
  };
}

/** Who may ask it, and that it is asked over mutual TLS by no other name than its own. */
export function decisionObjects(
  plan: Plan,
  options: MeshAuthorizationOptions,
): (AuthorizationPolicy | DestinationRule)[] {
  const { decisionService } = options;
  if (!decisionService) return [];
  const {
    serviceName,
    selector,
    servicePort,
    port = servicePort,
    serviceAccount = serviceName,
  } = decisionService;
  const { ingress } = options;
  // Nobody asks about connections.
  const asking = Object.values(plan.services).filter(({ protocol }) => protocol !== 'tcp');
  const askers = [
    ...(options.mode === 'ambient' ? [waypointId(plan)] : asking.map(({ sidecar }) => sidecar.spiffeId)),
    ...(ingress ? [spiffeId(plan.trustDomain, ingress.namespace, ingress.serviceAccount)] : []),
  ];
  const principals = askers.map(principalOf);
  const rule = { from: [{ source: { principals } }], to: [{ operation: { ports: [String(port)] } }] };
  return [
    authorizationPolicy(plan, `${serviceName}-allow`, {
      target: { selector },
      action: 'ALLOW',
      rules: [rule],
    }),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: serviceName, namespace: plan.namespace },
      spec: {
        host: decisionHost(plan, decisionService, options),
        // Workloads of the plan alone ask it.
        exportTo: ['.'],
        trafficPolicy: {
          tls: {
            // Without it Istio asks in clear text wherever it believes that nobody there speaks TLS.
            mode: 'ISTIO_MUTUAL',
            subjectAltNames: [spiffeId(plan.trustDomain, plan.namespace, serviceAccount)],
          },
        },
      },
    },
  ];
}
