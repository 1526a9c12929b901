/** Kinds of API groups with their resources. A kind of one group may be of another as well. */
export interface ForeignKinds {
  readonly apiGroups: readonly string[];
  readonly resources: Readonly<Record<string, string>>;
}

/**
 * Everything by which somebody else’s object in the platform’s namespace could open what the platform closes, or lead elsewhere. The
 * guard refuses it, synthesis looks for it in the app, and `ztp check` in the cluster.
 */
export const CLOSED_KINDS: readonly ForeignKinds[] = [
  {
    apiGroups: ['security.istio.io'],
    resources: {
      AuthorizationPolicy: 'authorizationpolicies',
      // Of two for the whole namespace Istio takes the older one.
      PeerAuthentication: 'peerauthentications',
      RequestAuthentication: 'requestauthentications',
    },
  },
  {
    apiGroups: ['networking.istio.io'],
    resources: {
      EnvoyFilter: 'envoyfilters',
      ProxyConfig: 'proxyconfigs',
      ServiceEntry: 'serviceentries',
      // The same.
      Sidecar: 'sidecars',
      WorkloadEntry: 'workloadentries',
      WorkloadGroup: 'workloadgroups',
    },
  },
  {
    apiGroups: ['extensions.istio.io'],
    resources: { WasmPlugin: 'wasmplugins', TrafficExtension: 'trafficextensions' },
  },
  { apiGroups: ['telemetry.istio.io'], resources: { Telemetry: 'telemetries' } },
  {
    // A route leads a sidecar as a VirtualService does: with a Service as its parent, or from a namespace that a grant lets
    // in. At a waypoint it leads what was judged for one service to the pods of another. A Gateway of the class of waypoints
    // may name the account of ours.
    apiGroups: ['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io'],
    resources: {
      BackendTLSPolicy: 'backendtlspolicies',
      Gateway: 'gateways',
      GRPCRoute: 'grpcroutes',
      HTTPRoute: 'httproutes',
      ListenerSet: 'listenersets',
      ReferenceGrant: 'referencegrants',
      TCPRoute: 'tcproutes',
      TLSRoute: 'tlsroutes',
      UDPRoute: 'udproutes',
      XBackendTrafficPolicy: 'xbackendtrafficpolicies',
      XListenerSet: 'xlistenersets',
    },
  },
  {
    apiGroups: ['networking.k8s.io', 'crd.projectcalico.org', 'projectcalico.org'],
    resources: { NetworkPolicy: 'networkpolicies' },
  },
  {
    apiGroups: ['cilium.io'],
    resources: {
      CiliumNetworkPolicy: 'ciliumnetworkpolicies',
      CiliumEnvoyConfig: 'ciliumenvoyconfigs',
      CiliumLocalRedirectPolicy: 'ciliumlocalredirectpolicies',
    },
  },
];

/** Kinds that teams use for themselves (`openKinds`). Istio's ingress gateways read an Ingress as a VirtualService. */
const ROUTING = {
  VirtualService: ['networking.istio.io', 'virtualservices'],
  DestinationRule: ['networking.istio.io', 'destinationrules'],
  Gateway: ['networking.istio.io', 'gateways'],
  Ingress: ['networking.k8s.io', 'ingresses'],
} as const;

export type OpenableKind = keyof typeof ROUTING;

export const OPENABLE = Object.keys(ROUTING) as OpenableKind[];

/** Those of them that are not opened. */
export function routingKinds(open: readonly { readonly kind: OpenableKind }[] = []): readonly ForeignKinds[] {
  const closed = OPENABLE.filter((kind) => !open.some((each) => each.kind === kind));
  return [...Map.groupBy(closed, (kind) => ROUTING[kind][0])].map(([group, kinds]) => ({
    apiGroups: [group],
    resources: Object.fromEntries(kinds.map((kind) => [kind, ROUTING[kind][1]])),
  }));
}

/** Of Envoy Gateway, by which a gateway that is made asks nobody any more, or leads elsewhere. A second policy takes the place of ours, or is merged with it. */
export const GATEWAY_KINDS: readonly ForeignKinds[] = [
  {
    apiGroups: ['gateway.envoyproxy.io'],
    resources: {
      SecurityPolicy: 'securitypolicies',
      ClientTrafficPolicy: 'clienttrafficpolicies',
      BackendTrafficPolicy: 'backendtrafficpolicies',
      EnvoyExtensionPolicy: 'envoyextensionpolicies',
      EnvoyPatchPolicy: 'envoypatchpolicies',
      EnvoyProxy: 'envoyproxies',
      HTTPRouteFilter: 'httproutefilters',
      Backend: 'backends',
    },
  },
];

/** One of those kinds, as kubectl names it. */
export interface ForeignKind {
  readonly kind: string;
  readonly group: string;
  readonly resource: string;
}

/** Each by itself. Kinds of trials have an X before their names, in a group of their own. */
export function eachKind(kinds: readonly ForeignKinds[]): readonly ForeignKind[] {
  return kinds.flatMap(({ apiGroups, resources }) =>
    apiGroups.flatMap((group) =>
      Object.entries(resources)
        .filter(
          ([kind]) =>
            !group.startsWith('gateway.networking.') || kind.startsWith('X') === group.includes('.x-'),
        )
        .map(([kind, resource]) => ({ kind, group, resource })),
    ),
  );
}
