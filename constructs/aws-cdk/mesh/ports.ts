/**
 * Ports of a point within its task, all above 1024: nobody there is root. An application that declares one
 * of them is refused.
 */
export const PORTS = {
  /** A sidecar's for its peers, and the egress gateway's for workloads. */
  inbound: 15_006,
  /** Of issuers' keys: the key tunnel's, or the egress gateway's second. */
  tunnel: 15_010,
  /** The agent's health endpoint, on loopback. */
  health: 15_020,
  /** Envoy's `/ready`. */
  ready: 15_021,
  /** The gateway's, for API Gateway. */
  edge: 15_443,
  /** The gateway's, for the load balancer that leads browsers in. */
  browsers: 15_444,
  /** The first of a sidecar's loopback ports for its application, one per upstream, and then per host outside. */
  outbound: 15_101,
} as const;

/** Every port that a point without upstreams listens on. */
export function pointPorts(port: number): number[] {
  return [port, PORTS.health, PORTS.ready];
}

/** Every port that a sidecar with so many upstreams, hosts outside among them, listens on. */
export function sidecarPorts(upstreams: number): number[] {
  const outbound = Array.from({ length: upstreams }, (_, at) => PORTS.outbound + at);
  return [...pointPorts(PORTS.inbound), ...outbound];
}
