import type { Plan } from '../plan/plan.js';
import type { Reached } from './cluster/index.js';
import { ISTIO } from './istio.js';
import { allWorkloads, workloadsOf, type WorkloadsOptions } from './workloads.js';

/** Kinds by their API group. */
type Kinds = Readonly<Record<string, readonly string[]>>;

/** Where an object of somebody else's could open what the platform closes. */
export interface ForeignPlaces {
  /** Namespaces, and the kinds of which the platform's own are there alone. */
  readonly closed: Readonly<Record<string, Kinds>>;
  /** The root namespace of the mesh, whose policies may hold for the platform. */
  readonly root: string;
  readonly reached: Reached;
}

/** Each adds to what is allowed, or to whom is believed. */
const MESH: Kinds = {
  'security.istio.io': ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'],
  'networking.istio.io': ['EnvoyFilter'],
  'extensions.istio.io': ['WasmPlugin', 'TrafficExtension'],
  'networking.k8s.io': ['NetworkPolicy'],
};

/** A second one takes the place of ours, or is merged with it. */
const GATEWAY: Kinds = {
  'gateway.envoyproxy.io': [
    'BackendTrafficPolicy',
    'ClientTrafficPolicy',
    'EnvoyExtensionPolicy',
    'EnvoyPatchPolicy',
    'SecurityPolicy',
  ],
};

/** The gateway that is made takes routes of the platform's namespace. */
const ROUTES: Kinds = {
  'gateway.networking.k8s.io': ['GRPCRoute', 'HTTPRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute'],
};

/** Those of a plan. Throws the errors of `workloadsOf`. */
export function foreignPlaces(plan: Plan, options: WorkloadsOptions): ForeignPlaces {
  const workloads = workloadsOf(plan, options);
  const { made, waypoint } = workloads;
  return {
    closed: {
      [plan.namespace]: { ...MESH, ...(made && { ...GATEWAY, ...ROUTES }) },
      ...(made && { [made.namespace]: GATEWAY }),
    },
    root: ISTIO.namespace,
    reached: {
      // Pods may have more labels than are known: none is selected where each is known to have another.
      isSelected: (labels) =>
        allWorkloads(workloads).some(({ selector }) =>
          Object.entries(labels).every(([key, value]) => (selector[key] ?? value) === value),
        ),
      hasWaypoint: waypoint !== undefined,
    },
  };
}
