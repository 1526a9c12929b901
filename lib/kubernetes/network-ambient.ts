import type { Plan } from '../plan/plan.js';
import { ISTIO } from './istio.js';
import { type Flow, networkPolicy } from './network-policy.js';
import type { NetworkPolicy } from './kinds/index.js';
import type { Workload, Workloads } from './workloads.js';
import { WAYPOINT } from './waypoint.js';

/** What whoever is of the mesh needs, whoever judges requests. */
export interface PlatformFlows {
  /** Probes and metrics of Istio's own proxies. */
  readonly ingress: readonly Flow[];
  /** Names are looked up. */
  readonly names: Flow;
  /** Configuration and certificates. */
  readonly control: readonly Flow[];
}

interface AmbientFlows extends PlatformFlows {
  /** Services that call a service. */
  readonly callers: ReadonlyMap<string, readonly string[]>;
  /** Of the policy of a service, by its name. */
  readonly annotations: (caller: string) => Readonly<Record<string, string>> | undefined;
  /** The way out of a service, by its name, and to what the cluster shares. */
  readonly toEgress: (caller: string) => readonly Flow[];
  /** The way to the decision service. */
  readonly toDecisions: readonly Flow[];
}

/**
 * The flows of a mesh without sidecars. ztunnel tunnels each connection within the pod's own network, so that a policy sees
 * one port, and the waypoint at one of its ends. Probes come from an address of their own, to the application itself.
 */
export function ambientPolicies(
  { namespace, services }: Plan,
  workloads: Workloads,
  { ingress, names, control, callers, toEgress, toDecisions, annotations }: AmbientFlows,
): NetworkPolicy[] {
  const { ingress: gateway } = workloads;
  const waypoint = workloads.waypoint!;
  const all = Object.values(services);
  const called = all.filter(({ name, public: isPublic }) => callers.has(name) || (isPublic && gateway));
  const calling = all.filter(({ sidecar }) => sidecar.upstreams.length > 0);
  const peers = [
    ...(gateway ? [gateway] : []),
    ...calling.map(({ name }) => ({ selector: workloads.services[name]!.selector })),
  ];
  const behind = called.map(({ name }) => workloads.services[name]!);
  const policyOf = (workload: Workload, isCalled: boolean, egress: readonly Flow[]) => {
    const more = annotations(workload.name);
    const metadata = { name: workload.name, namespace, ...(more && { annotations: more }) };
    return networkPolicy(metadata, workload.selector, {
      ingress: [
        ...(isCalled ? [tunnelled(waypoint)] : []),
        { peers: ISTIO.probeNetworks, ports: workload.ports },
      ],
      ...(egress.length > 0 && { egress }),
    });
  };
  return [
    networkPolicy({ name: 'all-pods.platform', namespace }, undefined, { egress: [names] }),
    networkPolicy({ name: WAYPOINT, namespace }, waypoint.selector, {
      ingress: [...(peers.length > 0 ? [{ peers, ports: [ISTIO.hbonePort] }] : []), ...ingress],
      egress: [...control, ...behind.map(tunnelled), ...toDecisions],
    }),
    ...all.map(({ name, sidecar }) =>
      policyOf(
        workloads.services[name]!,
        called.some((one) => one.name === name),
        [...(sidecar.upstreams.length > 0 ? [tunnelled(waypoint)] : []), ...toEgress(name).map(withTunnel)],
      ),
    ),
  ];
}

function tunnelled({ selector }: Workload): Flow {
  return { peers: [{ selector }], ports: [ISTIO.hbonePort] };
}

/** Whoever takes tunnels is called through one: pods. */
function withTunnel({ peers, ports }: Flow): Flow {
  if (peers.every((peer) => typeof peer === 'string')) return { peers, ports };
  return { peers, ports: [...ports, ISTIO.hbonePort] };
}
