import type { Plan } from '../plan/plan.js';
import { compileIstio } from '../policy/compile/istio/index.js';
import { authorizationPolicy } from './authorization-policy.js';
import { canonicalEnvoyFilter, decisionEnvoyFilter } from './canonical-filter.js';
import { connectionObjects } from './connections.js';
import { decisionObjects, decisionProviderName } from './mesh-decision.js';
import type { MeshAuthorizationOptions, MeshService } from './mesh-options.js';
import { meshPolicy, requireExact } from './mesh-policy.js';
import type {
  AuthorizationPolicy,
  HttpRoute,
  PeerAuthentication,
  VirtualService,
  WrittenObject,
} from './kinds/index.js';
import type { KubernetesObject } from './object.js';
import { defaultSidecar } from './sidecar-scope.js';
import { checkWaypointName, onlyTheWaypoint, waypointAllowsNothing, waypointGateway } from './waypoint.js';
import { waypointParameters } from './waypoint-parameters.js';
import { SERVICE_PORT } from './workloads.js';

/**
 * The access policy of a plan as objects of Istio, for sidecars or for a waypoint. Nothing passes that no rule admits:
 * mutual TLS alone, an allow-nothing for the namespace, and what each service's rules say. See `docs/kubernetes/mesh.md`
 * and `docs/kubernetes/ambient.md`.
 *
 * Throws a `ZeroTrustError`: `not-expressible` with a counterexample for each rule that nobody would decide exactly,
 * or one of `meshPolicy`.
 */
export function meshAuthorization(plan: Plan, options: MeshAuthorizationOptions): KubernetesObject[] {
  const policy = meshPolicy(plan, options);
  const { mode = 'sidecar', decisionService } = options;
  const asksDecisions = decisionService !== undefined;
  requireExact(policy, asksDecisions, mode);
  const isAmbient = mode === 'ambient';
  if (isAmbient) {
    const named = Object.keys(plan.services).map((name) => ({ name, ...options.services[name]! }));
    checkWaypointName(named, decisionService);
  }
  const objects: WrittenObject[] = [
    strictMutualTls(plan),
    allowNothing(plan),
    ...(isAmbient
      ? [
          // Before the Gateway that names it.
          ...(options.waypoint ? [waypointParameters(plan, options.waypoint)] : []),
          waypointGateway(plan, options),
          waypointAllowsNothing(plan),
        ]
      : [defaultSidecar(plan, options)]),
    canonicalEnvoyFilter(plan, asksDecisions, mode),
    ...(isAmbient ? onlyTheWaypoint(plan, options) : []),
    ...(isAmbient && decisionService ? [decisionEnvoyFilter(plan, decisionService)] : []),
    ...decisionObjects(plan, options),
    ...Object.entries(plan.services).flatMap(([name, node]) => {
      const service = options.services[name]!;
      const { selector, port, serviceName = name, servicePort = SERVICE_PORT } = service;
      const { custom, deny, allow } = compileIstio(policy, name, {
        port: isAmbient ? servicePort : port,
        connectedFrom: isAmbient ? 'remote.ip' : 'source.ip',
        asksDecisions,
        revocations: plan.revocation.document,
      });
      const of = (action: 'ALLOW' | 'DENY' | 'CUSTOM', rules: typeof allow, provider?: string) =>
        // Istio takes no DENY and no CUSTOM without a rule; without an ALLOW the namespace's holds.
        rules.length === 0
          ? []
          : [
              authorizationPolicy(plan, `${name}-${action.toLowerCase()}`, {
                target: isAmbient ? { service: serviceName } : { selector },
                action,
                ...(provider !== undefined && { provider }),
                rules,
              }),
            ];
      return [
        ...of('CUSTOM', custom, decisionProviderName(plan)),
        ...of('DENY', deny),
        ...of('ALLOW', allow),
        ...(node.protocol === 'tcp'
          ? connectionObjects(plan, node, service, options)
          : [calledByAuthority(plan, name, service, node.authority, options)]),
      ];
    }),
  ];
  return objects;
}

/** Nobody without a certificate of the mesh gets as far as a rule. */
function strictMutualTls({ namespace }: Plan): PeerAuthentication {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace },
    spec: { mtls: { mode: 'STRICT' } },
  };
}

/**
 * Without any ALLOW for a pod Istio admits everything; this is one for every pod, and it admits nothing. Without sidecars
 * it is ztunnel's, and no waypoint's.
 */
function allowNothing({ namespace }: Plan): AuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'allow-nothing', namespace },
    spec: {},
  };
}

/**
 * Who calls a service by the name of its Kubernetes Service asks for its one authority: the caller's sidecar writes it. In
 * ambient mode the waypoint does, once it has judged, and the route has the service's name for the decision log.
 */
function calledByAuthority(
  { namespace }: Plan,
  name: string,
  { serviceName = name }: MeshService,
  authority: string,
  { clusterDomain = 'cluster.local', ingressGateway, mode }: MeshAuthorizationOptions,
): VirtualService {
  const host = `${serviceName}.${namespace}.svc.${clusterDomain}`;
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace },
    spec: {
      // Sidecars of others leave what they ask for as it is.
      exportTo: ['.', ...(ingressGateway ? [ingressGateway.namespace] : [])],
      hosts: [host],
      http: [
        {
          ...(mode === 'ambient' && ({ name } satisfies Partial<HttpRoute>)),
          route: [{ destination: { host } }],
          rewrite: { authority },
        },
      ],
    },
  };
}
