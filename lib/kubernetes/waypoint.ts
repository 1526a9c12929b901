import { codedError } from '../coded-error.js';
import { spiffeId } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { principalOf } from '../policy/compile/istio/index.js';
import { authorizationPolicy } from './authorization-policy.js';
import { ISTIO } from './istio.js';
import type { MeshAuthorizationOptions, MeshDecisionService } from './mesh-options.js';
import type { AuthorizationPolicy, Gateway, GatewaySpec } from './kinds/index.js';

/** The Gateway of the namespace's waypoint, and the service account that Istio's controller makes for its pods. */
export const WAYPOINT = 'waypoint';

/** Labels that Istio's controller writes on the waypoint's pods (Istio 1.31, `files/waypoint.yaml`). */
export const WAYPOINT_LABELS: Readonly<Record<string, string>> = {
  'gateway.networking.k8s.io/gateway-name': WAYPOINT,
};

/** How a policy names it. */
export const WAYPOINT_TARGETS = [
  { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: WAYPOINT },
] as const;

/**
 * The labels by which a namespace is of the mesh without sidecars, and every Service of it behind the waypoint: for an
 * ingress gateway of Istio too, which else calls pods past it.
 */
export const AMBIENT_LABELS: Readonly<Record<string, string>> = {
  'istio.io/dataplane-mode': 'ambient',
  'istio.io/use-waypoint': WAYPOINT,
  'istio.io/ingress-use-waypoint': 'true',
};

/** The waypoint itself; Istio's controller makes its pods, its Service and its account. */
export function waypointGateway(
  { namespace }: Plan,
  { revision, waypoint }: Pick<MeshAuthorizationOptions, 'revision' | 'waypoint'>,
): Gateway {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: {
      name: WAYPOINT,
      namespace,
      labels: {
        // `workload` would leave every policy of a Service unenforced.
        'istio.io/waypoint-for': 'service',
        ...(revision !== undefined && { 'istio.io/rev': revision }),
      },
    },
    spec: {
      gatewayClassName: 'istio-waypoint',
      ...(waypoint &&
        ({
          infrastructure: { parametersRef: { group: '', kind: 'ConfigMap', name: WAYPOINT } },
        } satisfies Partial<GatewaySpec>)),
      listeners: [
        {
          name: 'mesh',
          port: ISTIO.hbonePort,
          protocol: 'HBONE',
          allowedRoutes: { namespaces: { from: 'Same' } },
        },
      ],
    },
  };
}

/** What no rule names is refused at the waypoint. The policy of the namespace without a target does not reach it. */
export function waypointAllowsNothing({ namespace }: Plan): AuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `${WAYPOINT}.allow-nothing`, namespace },
    spec: { targetRefs: WAYPOINT_TARGETS },
  };
}

/**
 * What ztunnel is told of the pods: the waypoint alone connects to them, on the port of the application. It is told
 * nothing of HTTP, which it would drop from an ALLOW.
 */
export function onlyTheWaypoint(
  plan: Plan,
  { services }: Pick<MeshAuthorizationOptions, 'services'>,
): AuthorizationPolicy[] {
  const principals = [principalOf(waypointId(plan))];
  return Object.keys(plan.services).map((name) => {
    const { selector, port } = services[name]!;
    return authorizationPolicy(plan, `${name}.from-waypoint`, {
      target: { selector },
      action: 'ALLOW',
      rules: [{ from: [{ source: { principals } }], to: [{ operation: { ports: [String(port)] } }] }],
    });
  });
}

/** The SPIFFE ID of its pods. */
export function waypointId({ trustDomain, namespace }: Plan): string {
  return spiffeId(trustDomain, namespace, WAYPOINT);
}

/** Throws `object-collision`: the waypoint has the account, the Service and the Deployment of this name. */
export function checkWaypointName(
  services: readonly { readonly name: string; readonly serviceName?: string }[],
  decisionService: MeshDecisionService | undefined,
): void {
  const names = [
    ...services.flatMap(({ name, serviceName = name }) => [name, serviceName]),
    ...(decisionService ? [decisionService.serviceName, decisionService.serviceAccount] : []),
  ];
  if (!names.includes(WAYPOINT)) return;
  throw codedError(
    'object-collision',
    `services.${WAYPOINT}`,
    'the waypoint of the namespace has this name',
    {
      found: WAYPOINT,
      expected: 'another name of the service, its Kubernetes Service and its account',
      remedy: 'rename it: whoever runs under the account of the waypoint connects to every pod',
    },
  );
}
