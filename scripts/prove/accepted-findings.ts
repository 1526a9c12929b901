/** A finding of a linter about an object that the platform makes, and why it stays. */
export interface AcceptedFinding {
  readonly linter: 'istioctl' | 'checkov' | 'kube-score';
  readonly code: string;
  /** `Kind namespace/name`, or what begins so and ends with `*`; without a namespace for those of the whole cluster. */
  readonly object: string;
  readonly reason: string;
}

/** One that no linter says any more makes the proof fail as well. */
export const ACCEPTED_FINDINGS: readonly AcceptedFinding[] = [
  {
    linter: 'istioctl',
    code: 'IST0133',
    object: 'EnvoyFilter shop/*',
    reason:
      'istioctl says it of every EnvoyFilter. No other kind refuses a request that is not canonical before rules are read, or ends a connection in time; `prove --only istio` shows its effect on a real Envoy for the release of Istio that is pinned.',
  },
  {
    linter: 'kube-score',
    code: 'networkpolicy-targets-pod',
    object: 'NetworkPolicy envoy-gateway-system/shop-ingress.gateway',
    reason:
      'it looks for pods among the manifests. Those of the gateway are made by Envoy Gateway itself, under these labels, when the Gateway is there.',
  },
  {
    linter: 'kube-score',
    code: 'networkpolicy-targets-pod',
    object: 'NetworkPolicy shop-ingress/all-pods.default-deny',
    reason:
      'it looks for pods among the manifests. Nothing but the Gateway is in that namespace, and whatever comes there later is closed.',
  },
  {
    linter: 'kube-score',
    code: 'container-image-pull-policy',
    object: 'Deployment shop/*',
    reason:
      'it asks for `Always`, so that a tag is looked up anew. The image is named by its digest, which is always the same image; a pod that restarts must not wait for a registry.',
  },
  {
    linter: 'kube-score',
    code: 'deployment-has-host-podantiaffinity',
    object: 'Deployment shop/*',
    reason:
      'it looks for an anti-affinity alone. `topologySpreadConstraints` put the pods on different nodes and zones, and still run two on one node if there is no other.',
  },
];
