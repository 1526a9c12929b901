import ipaddr from 'ipaddr.js';
import { codedError } from '../coded-error.js';
import { PUBLIC_NETWORKS } from '../envoy/egress-public-address.js';
import { callersByService } from '../plan/callers.js';
import type { Plan } from '../plan/plan.js';
import { type CertificateOptions, ISTIO_CSR } from './certificates.js';
import { keyServerFlows } from './decision/keys.js';
import { emittedDecisionService } from './decision/options.js';
import { ISTIO } from './istio.js';
import { checkedObjects, checkLabels } from './names.js';
import { ambientPolicies, type PlatformFlows } from './network-ambient.js';
import { ingressNetworkPolicy } from './ingress/network.js';
import { type Flow, networkPolicy, type Pods } from './network-policy.js';
import type { NetworkPolicy } from './kinds/index.js';
import { checkPublicNetworks } from './public-networks.js';
import { checkOptions, network } from './schemas/index.js';
import {
  checkCallers,
  checkOutside,
  checkShared,
  sharedFlows,
  sharedReasons,
  type SharedService,
} from './shared-service.js';
import { NAMES_NAMESPACE } from './sidecar-scope.js';
import {
  type Labels,
  type Workload,
  type Workloads,
  workloadsOf,
  type WorkloadsOptions,
} from './workloads.js';

/** Pods outside the platform's namespace, and the ports on which they listen. */
export interface OutsidePods {
  readonly namespace: string;
  readonly selector: Labels;
  /** The ports of the pods, not those of their Service. */
  readonly ports: readonly number[];
}

/** Who answers names. What is not said of the pods is as in most clusters: `k8s-app: kube-dns` of `kube-system`, on port 53. */
export interface NameServers extends Partial<OutsidePods> {
  /**
   * Addresses besides the pods, in CIDR notation: a cache on each node (NodeLocal DNSCache) is in the node's network, where no
   * label selects it. @default none
   */
  readonly networks?: readonly string[];
}

export interface NetworkOptions extends WorkloadsOptions {
  /** Who answers names. @default the pods `k8s-app: kube-dns` of `kube-system`, on port 53 */
  readonly dns?: NameServers;
  /** From where sidecars have their configuration. @default the pods `app: istiod` of `istio-system`, on port 15012 */
  readonly controlPlane?: OutsidePods;
  /** Of `CertificateOptions`: then sidecars have their certificates from istio-csr. @default the control plane signs */
  readonly certificates?: Pick<CertificateOptions, 'namespace'>;
  /** From where sidecars have their certificates. @default with `certificates` the pods of istio-csr, by its own chart; else the control plane */
  readonly certificateAuthority?: OutsidePods;
  /**
   * The one way out, and the workloads that may take it: services by name, and `decision` for the decision service,
   * which fetches the issuers' keys. @default nothing leaves the platform
   */
  readonly egressGateway?: OutsidePods & { readonly callers: readonly string[] };
  /** What services call that is nobody's of the model: what a cluster shares, and the API server. @default nothing */
  readonly shared?: readonly SharedService[];
  /** Who reads the sidecars' metrics, on ports 15020 and 15090. @default nobody */
  readonly monitoring?: Pick<OutsidePods, 'namespace' | 'selector'>;
  /**
   * Networks of the nodes, in CIDR notation, for network plugins that hold back the probes of a pod's own node.
   * @default none: Kubernetes lets a node reach its own pods whatever a policy says
   */
  readonly nodeNetworks?: readonly string[];
}

/** The name by which `egressGateway.callers` means the decision service. */
export const DECISION = 'decision';

/**
 * Default deny in both directions for every pod of the namespace, and exactly the flows that the plan has.
 *
 * A policy sees a connection before the sidecar takes it in, so its port is the application's own, and its peers are the
 * pods whose sidecars call. Throws the errors of `workloadsOf`, and `network-cidr`, `network-too-wide`, `unknown-service`, `pod-selector`
 * and of `checkShared`, and `public-network`.
 */
export function networkPolicies(plan: Plan, options: NetworkOptions = {}): readonly NetworkPolicy[] {
  checkOptions(network, options);
  const workloads = workloadsOf(plan, options);
  const { namespace } = plan;
  checkNetwork(plan, options);
  return checkedObjects([
    networkPolicy({ name: 'all-pods.default-deny', namespace }, undefined, { ingress: [], egress: [] }),
    ...(workloads.waypoint
      ? ambientPolicies(plan, workloads, {
          ...platformFlows(options),
          callers: callersByService(plan.services),
          toEgress: (caller) => [...toEgress(caller, options), ...sharedFlows(caller, options.shared)],
          annotations: (caller) => sharedReasons(caller, options.shared),
          toDecisions: toDecisions(workloads),
        })
      : sidecarPolicies(plan, workloads, options)),
    ...decisionPolicies(plan, workloads, options),
    ...wayOutPolicies(plan, workloads),
    ...ingressPolicies(plan, workloads, options),
  ]);
}

function sidecarPolicies(plan: Plan, workloads: Workloads, options: NetworkOptions): NetworkPolicy[] {
  const { names, control, ingress } = platformFlows(options);
  const metadata = { name: 'all-pods.platform', namespace: plan.namespace };
  return [
    networkPolicy(metadata, undefined, {
      ...(ingress.length > 0 && { ingress }),
      egress: [names, ...control],
    }),
    ...gatewayPolicies(plan, workloads, options),
    ...servicePolicies(plan, workloads, options),
  ];
}

/** What every pod needs in order to be one of the mesh. */
function platformFlows({ dns, controlPlane = CONTROL_PLANE, ...options }: NetworkOptions): PlatformFlows {
  const { monitoring, nodeNetworks = [], certificates } = options;
  const { certificateAuthority = certificates && istioCsrPods(certificates) } = options;
  const ingress: Flow[] = [
    ...(nodeNetworks.length > 0
      ? [{ peers: nodeNetworks, ports: [ISTIO.probePort, ISTIO.readinessPort] }]
      : []),
    ...(monitoring ? [{ peers: [monitoring], ports: [ISTIO.probePort, ISTIO.metricsPort] }] : []),
  ];
  return {
    ingress,
    names: toNames(dns),
    control: [
      { peers: [podsOf(controlPlane)], ports: controlPlane.ports },
      ...(certificateAuthority
        ? [{ peers: [podsOf(certificateAuthority)], ports: certificateAuthority.ports }]
        : []),
    ],
  };
}

function toNames(dns: NameServers = {}): Flow {
  const pods = answeringPods(dns);
  const ports = pods.ports.flatMap((port) =>
    (['UDP', 'TCP'] as const).map((protocol) => ({ port, protocol })),
  );
  return { peers: [podsOf(pods), ...(dns.networks ?? [])], ports };
}

function answeringPods({
  namespace = NAMES_NAMESPACE,
  selector = { 'k8s-app': 'kube-dns' },
  ports = [53],
}: NameServers): OutsidePods {
  return { namespace, selector, ports };
}

function istioCsrPods({
  namespace = ISTIO_CSR.namespace,
}: Pick<CertificateOptions, 'namespace'>): OutsidePods {
  return { namespace, selector: { 'app.kubernetes.io/name': ISTIO_CSR.serviceAccount }, ports: [6443] };
}

const CONTROL_PLANE: OutsidePods = {
  namespace: ISTIO.namespace,
  selector: { app: 'istiod' },
  ports: [ISTIO.controlPlanePort],
};

/** Clients' connections, and the gateway's own to the services that users reach. */
function gatewayPolicies(plan: Plan, workloads: Workloads, options: NetworkOptions): NetworkPolicy[] {
  const { gateway, services } = workloads;
  if (!gateway) return [];
  const from = options.gateway?.clientNetworks ?? ['0.0.0.0/0', '::/0'];
  return [
    networkPolicy({ name: gateway.name, namespace: plan.namespace }, gateway.selector, {
      ingress: [{ peers: from, ports: gateway.ports }],
      egress: [...plan.gateway.services.map((name) => to(services[name]!)), ...toDecisions(workloads)],
    }),
  ];
}

/** Of each service: who calls it, and whom it calls. */
function servicePolicies(plan: Plan, workloads: Workloads, options: NetworkOptions): NetworkPolicy[] {
  const { services, ingress: ingressGateway } = workloads;
  const callers = callersByService(plan.services);
  return Object.values(plan.services).flatMap(({ name, protocol, public: isPublic, sidecar }) => {
    const own = services[name]!;
    const peers = [
      ...(isPublic && ingressGateway ? [ingressGateway] : []),
      ...(callers.get(name) ?? []).map((each) => ({ selector: services[each]!.selector })),
    ];
    const ingress = peers.length > 0 ? [{ peers, ports: own.ports }] : [];
    const egress = [
      ...sidecar.upstreams.map((each) => to(services[each]!)),
      ...(protocol === 'tcp' ? [] : toDecisions(workloads)),
      ...toEgress(name, options),
      ...sharedFlows(name, options.shared),
      ...(workloads.egress && sidecar.destinations ? [to(workloads.egress)] : []),
    ];
    if (ingress.length + egress.length === 0) return [];
    const annotations = sharedReasons(name, options.shared);
    return [
      networkPolicy({ name, namespace: plan.namespace, ...(annotations && { annotations }) }, own.selector, {
        ...(ingress.length > 0 && { ingress }),
        ...(egress.length > 0 && { egress }),
      }),
    ];
  });
}

/** Of the decision service: every point that judges requests may ask it. It has a sidecar, whoever else has none. */
function decisionPolicies(plan: Plan, workloads: Workloads, options: NetworkOptions): NetworkPolicy[] {
  const { decisionService: own, gateway, made, services, waypoint } = workloads;
  if (!own) return [];
  const sidecars = Object.values(services).filter(({ name }) => plan.services[name]!.protocol !== 'tcp');
  const asking = waypoint ? [waypoint] : [...(gateway ? [gateway] : []), ...sidecars];
  const peers = [
    ...(made ? [{ namespace: made.podNamespace, selector: made.selector }] : []),
    ...asking.map(({ selector }) => ({ selector })),
  ];
  const { ingress, control } = platformFlows(options);
  const egress = [...(waypoint ? control : []), ...toEgress(DECISION, options), ...ownFlows(plan, options)];
  return [
    networkPolicy({ name: own.name, namespace: plan.namespace }, own.selector, {
      ingress: [{ peers, ports: own.ports }, ...(waypoint ? ingress : [])],
      ...(egress.length > 0 && { egress }),
    }),
  ];
}

/** Of one that is emitted: the issuers' keys, and the API server, which says what is revoked. */
function ownFlows(plan: Plan, { decisionService, egressGateway }: NetworkOptions): Flow[] {
  const emitted = emittedDecisionService(plan, decisionService);
  if (!emitted) return [];
  const { networks, port } = emitted.apiServer;
  const isDirect = !egressGateway?.callers.includes(DECISION);
  return [...keyServerFlows(plan, emitted, isDirect), { peers: networks, ports: [port] }];
}

/** Of the egress gateway, the one workload that public addresses are open to: whoever calls a host outside. */
function wayOutPolicies({ egress: node, namespace, services }: Plan, workloads: Workloads): NetworkPolicy[] {
  const { egress: own } = workloads;
  if (!node || !own) return [];
  const peers = Object.values(services)
    .filter(({ sidecar }) => sidecar.destinations)
    .map(({ name }) => ({ selector: workloads.services[name]!.selector }));
  const ports = [...new Set(Object.values(node.destinations).map(({ port }) => port))].sort((a, b) => a - b);
  return [
    networkPolicy({ name: own.name, namespace }, own.selector, {
      ingress: [{ peers, ports: own.ports }],
      egress: [{ peers: PUBLIC_NETWORKS, ports }],
    }),
  ];
}

/** Of the gateway that is made: its pods are in another namespace, and so is what they call. */
function ingressPolicies(plan: Plan, workloads: Workloads, options: NetworkOptions): NetworkPolicy[] {
  const { made, services, decisionService } = workloads;
  if (!made) return [];
  const called = [
    ...plan.gateway.services.map((name) => services[name]!),
    ...(decisionService ? [decisionService] : []),
  ].map(({ selector, ports }) => ({ peers: [{ namespace: plan.namespace, selector }], ports }));
  const { dns, monitoring, nodeNetworks = [] } = options;
  return [
    // Its pods are where Envoy Gateway is: here runs nothing.
    networkPolicy({ name: 'all-pods.default-deny', namespace: made.namespace }, undefined, {
      ingress: [],
      egress: [],
    }),
    ingressNetworkPolicy(made, { called, names: toNames(dns), monitoring, nodeNetworks }),
  ];
}

function to({ selector, ports }: Workload): Flow {
  return { peers: [{ selector }], ports };
}

function toDecisions({ decisionService }: Workloads): Flow[] {
  return decisionService ? [to(decisionService)] : [];
}

function toEgress(caller: string, { egressGateway }: NetworkOptions): Flow[] {
  if (!egressGateway?.callers.includes(caller)) return [];
  return [{ peers: [podsOf(egressGateway)], ports: egressGateway.ports }];
}

function podsOf({ namespace, selector }: OutsidePods): Pods {
  return { namespace, selector };
}

/** Wider than the widest networks that are private (RFC 1918, RFC 4193). */
function isTooWide(network: string): boolean {
  const [address, bits] = ipaddr.parseCIDR(network);
  return bits < (address.kind() === 'ipv4' ? 8 : 7);
}

function checkNetwork(plan: Plan, options: NetworkOptions): void {
  const { dns, gateway, nodeNetworks = [], egressGateway, decisionService, shared = [] } = options;
  checkShared(plan, shared);
  const issuers = Object.entries(decisionService?.privateIssuers ?? {});
  for (const [prop, networks] of [
    ['gateway.clientNetworks', gateway?.clientNetworks],
    ['nodeNetworks', nodeNetworks],
    ['dns.networks', dns?.networks],
    ...shared.map(({ networks }, index) => [`shared[${index}].networks`, networks] as const),
    ['decisionService.apiServer.networks', decisionService?.apiServer?.networks],
    ...issuers.map(
      ([name, at]) =>
        [`decisionService.privateIssuers.${name}`, 'networks' in at ? at.networks : []] as const,
    ),
  ] as const) {
    for (const network of networks ?? []) {
      if (!ipaddr.isValidCIDR(network)) {
        throw codedError('network-cidr', prop, 'this is no network', {
          found: network,
          expected: '10.0.0.0/16',
        });
      }
      // Clients may come from everywhere; what is reached, and the nodes, are somewhere.
      if (prop === 'gateway.clientNetworks' || !isTooWide(network)) continue;
      throw codedError('network-too-wide', prop, 'this network is half the world', {
        found: network,
        expected: 'a network of its own, no wider than 10.0.0.0/8 or fc00::/7',
        remedy: 'name the addresses themselves: nobody else is to be reached, or to come in',
      });
    }
  }
  checkPublicNetworks(shared);
  for (const [prop, pods] of Object.entries({
    dns: dns && answeringPods(dns),
    controlPlane: options.controlPlane,
    certificateAuthority: options.certificateAuthority,
    egressGateway,
    monitoring: options.monitoring,
  })) {
    if (!pods) continue;
    checkOutside(plan, prop, pods.namespace);
    checkLabels(pods.selector, `${prop}.selector`);
    if (Object.keys(pods.selector).length > 0 && (!('ports' in pods) || pods.ports.length > 0)) continue;
    throw codedError('pod-selector', prop, 'without labels and ports it would be every pod, or every port', {
      expected: 'labels of the pods, and the ports on which they listen',
    });
  }
  if (egressGateway) checkCallers('egressGateway', egressGateway.callers);
  for (const caller of egressGateway?.callers ?? []) {
    if (caller === DECISION ? options.decisionService : Object.hasOwn(plan.services, caller)) continue;
    throw codedError('unknown-service', 'egressGateway.callers', 'the platform has no such workload', {
      found: caller,
      expected: [...Object.keys(plan.services), DECISION].join(', '),
    });
  }
}
