import type { Deployers } from './deployers.js';
import { type Guard, type Guarded, literals } from './guard.js';

/** Who deletes what is in a namespace that is deleted: a controller under its own account, or under that of the controller manager if it has none. */
const PURGERS = ['system:serviceaccount:kube-system:namespace-controller', 'system:kube-controller-manager'];

const OPERATIONS: Guarded['operations'] = ['CREATE', 'UPDATE', 'DELETE'];

/** Kinds that teams use for themselves, by their resources. Istio's ingress gateways read an Ingress as a VirtualService. */
const ROUTING = {
  VirtualService: 'networking.istio.io/virtualservices',
  DestinationRule: 'networking.istio.io/destinationrules',
  Gateway: 'networking.istio.io/gateways',
  Ingress: 'networking.k8s.io/ingresses',
};

export const OPENABLE = Object.keys(ROUTING) as (keyof typeof ROUTING)[];

/** A kind that others than the deployers may write, too. */
export interface OpenKind {
  readonly kind: keyof typeof ROUTING;
  /** Why; not empty. */
  readonly reason: string;
}

/** Everything by which a namespace's owner could open what the platform closed. */
const GUARDED: readonly Guarded[] = [
  {
    apiGroups: ['security.istio.io'],
    resources: ['authorizationpolicies', 'peerauthentications', 'requestauthentications'],
    operations: OPERATIONS,
  },
  {
    apiGroups: ['networking.istio.io'],
    resources: [
      'envoyfilters',
      'proxyconfigs',
      'serviceentries',
      'sidecars',
      'workloadentries',
      'workloadgroups',
    ],
    operations: OPERATIONS,
  },
  {
    apiGroups: ['extensions.istio.io'],
    resources: ['wasmplugins', 'trafficextensions'],
    operations: OPERATIONS,
  },
  { apiGroups: ['telemetry.istio.io'], resources: ['telemetries'], operations: OPERATIONS },
  {
    // A route leads a sidecar as a VirtualService does: with a Service as its parent, or from a namespace that a grant lets
    // in. At a waypoint it leads what was judged for one service to the pods of another. A Gateway of the class of waypoints
    // may name the account of ours.
    apiGroups: ['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io'],
    resources: [
      'backendtlspolicies',
      'gateways',
      'grpcroutes',
      'httproutes',
      'listenersets',
      'referencegrants',
      'tcproutes',
      'tlsroutes',
      'udproutes',
      'xbackendtrafficpolicies',
      'xlistenersets',
    ],
    operations: OPERATIONS,
  },
  {
    apiGroups: ['networking.k8s.io', 'crd.projectcalico.org', 'projectcalico.org'],
    resources: ['networkpolicies'],
    operations: OPERATIONS,
  },
  {
    apiGroups: ['cilium.io'],
    resources: ['ciliumnetworkpolicies', 'ciliumenvoyconfigs', 'ciliumlocalredirectpolicies'],
    operations: OPERATIONS,
  },
];

/** The request is of one of them. */
export function isOneOf({ users = [], groups = [] }: Deployers): string {
  return (
    `request.userInfo.username in ${literals(users)} || ` +
    `(has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in ${literals(groups)}))`
  );
}

/** The namespace is being deleted, with what is in it. */
export const isPurge = `(request.operation == 'DELETE' && request.userInfo.username in ${literals(PURGERS)})`;

/** A policy in the platform's namespace that somebody else made, changed or took away. */
export function foreignPolicy(
  deployers: Deployers,
  openKinds: readonly OpenKind[] = [],
  more: readonly Guarded[] = [],
): Guard {
  const open = openKinds.map(({ kind }) => kind);
  const closed = Object.entries(ROUTING).flatMap(([kind, resource]) =>
    open.some((each) => each === kind) ? [] : [resource.split('/') as [string, string]],
  );
  const routing = [...Map.groupBy(closed, ([group]) => group)].map(([group, resources]) => ({
    apiGroups: [group],
    resources: resources.map(([, resource]) => resource),
    operations: OPERATIONS,
  }));
  return {
    id: 'foreign-policy',
    purpose:
      'What passes in the namespace is what the model of the platform says: nobody else opens anything.',
    remedy: 'say it in the model, and apply its manifests as a deployer',
    guarded: [...GUARDED, ...more, ...routing],
    validations: [
      {
        expression: `${isOneOf(deployers)} || ${isPurge}`,
        message: 'only the deployers of the platform change policies of its namespace',
      },
    ],
  };
}
