/** Names and ports of Istio that objects and settings name; all from Istio 1.31, "Application Requirements". */
export const ISTIO = {
  /** Of the control plane; policies there hold for the whole mesh. */
  namespace: 'istio-system',
  /** It writes this ConfigMap into every namespace: the roots of the mesh. */
  roots: 'istio-ca-root-cert',
  /** Configuration and certificates, over mutual TLS. */
  controlPlanePort: 15012,
  /** Of a sidecar: the application's probes, rewritten, and all metrics in one. */
  probePort: 15020,
  /** Of a sidecar: whether it is ready. */
  readinessPort: 15021,
  /** Of a pod of the mesh without a sidecar, and of a waypoint: every connection of the mesh comes here. */
  hbonePort: 15008,
  /** From here the probes of a pod without a sidecar come: its node translates the kubelet's address to it. */
  probeNetworks: ['169.254.7.127/32', 'fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128'],
  /** Of a sidecar: Envoy's own metrics. */
  metricsPort: 15090,
  /** Of a sidecar or of ztunnel in a pod's network, and of nobody else there. */
  reservedPorts: [15000, 15001, 15002, 15004, 15006, 15008, 15009, 15020, 15021, 15053, 15090],
  /** The user of a sidecar, whose traffic no sidecar takes in. */
  proxyUser: 1337,
} as const;
