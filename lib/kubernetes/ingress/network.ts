import { networkPolicy, type Flow, type Pods } from '../network-policy.js';
import type { NetworkPolicy } from '../kinds/index.js';
import { INGRESS, type IngressPlace, listenPort } from './place.js';

/** Ports of Envoy Gateway 1.9: configuration, and a proxy's metrics and readiness. */
const PORTS = { configuration: 18_000, metrics: 19_001, readiness: 19_003 } as const;

interface IngressFlows {
  /** Services that users reach, and the decision service. */
  readonly called: readonly Flow[];
  readonly names: Flow;
  readonly monitoring: Pods | undefined;
  /** Networks of nodes whose probes a network plugin would hold back. */
  readonly nodeNetworks: readonly string[];
}

/** The gateway's pods: clients come in, and out go what it calls, names, and Envoy Gateway. */
export function ingressNetworkPolicy(place: IngressPlace, flows: IngressFlows): NetworkPolicy {
  const { called, names, monitoring, nodeNetworks } = flows;
  const { namespace, podNamespace, selector, clientNetworks, controllerSelector } = place;
  return networkPolicy({ name: `${namespace}.${INGRESS}`, namespace: podNamespace }, selector, {
    ingress: [
      { peers: clientNetworks, ports: [listenPort(place)] },
      ...(nodeNetworks.length > 0 ? [{ peers: nodeNetworks, ports: [PORTS.readiness] }] : []),
      ...(monitoring ? [{ peers: [monitoring], ports: [PORTS.metrics] }] : []),
    ],
    egress: [names, { peers: [{ selector: controllerSelector }], ports: [PORTS.configuration] }, ...called],
  });
}
