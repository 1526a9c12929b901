/** A finding of a linter about an object that the platform makes, and why it stays. */
export interface AcceptedFinding {
  readonly linter: 'istioctl' | 'checkov' | 'kube-score';
  readonly code: string;
  /** `Kind namespace/name`; without a namespace for those of the whole cluster. */
  readonly object: string;
  readonly reason: string;
}

/** One that no linter says any more makes the proof fail as well. */
export const ACCEPTED_FINDINGS: readonly AcceptedFinding[] = [
  {
    linter: 'istioctl',
    code: 'IST0133',
    object: 'EnvoyFilter shop/canonical-requests',
    reason:
      'istioctl says it of every EnvoyFilter. No other kind refuses a request that is not canonical before rules are read; `prove --only istio` shows its effect on a real Envoy for the release of Istio that is pinned.',
  },
];
