import type { Plan } from '../plan/plan.js';
import type { Reached } from './cluster/index.js';
import { CLOSED_KINDS, eachKind, type ForeignKinds, GATEWAY_KINDS, routingKinds } from './foreign-kinds.js';
import type { GuardOptions } from './guards/index.js';
import { ISTIO } from './istio.js';
import { checkOptions, opened } from './schemas/index.js';
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

export interface ForeignPlacesOptions extends WorkloadsOptions, Pick<GuardOptions, 'openKinds'> {}

/** Those of a plan. Throws the errors of `workloadsOf`. */
export function foreignPlaces(plan: Plan, options: ForeignPlacesOptions): ForeignPlaces {
  checkOptions(opened, { openKinds: options.openKinds });
  const workloads = workloadsOf(plan, options);
  const { made, waypoint } = workloads;
  return {
    closed: {
      [plan.namespace]: byGroup([
        ...CLOSED_KINDS,
        ...(made ? GATEWAY_KINDS : []),
        ...routingKinds(options.openKinds),
      ]),
      ...(made && { [made.namespace]: byGroup([...CLOSED_KINDS, ...GATEWAY_KINDS, ...routingKinds()]) }),
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

function byGroup(kinds: readonly ForeignKinds[]): Kinds {
  const groups = Map.groupBy(eachKind(kinds), ({ group }) => group);
  return Object.fromEntries([...groups].map(([group, all]) => [group, all.map(({ kind }) => kind)]));
}
