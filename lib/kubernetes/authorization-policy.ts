import type { Plan } from '../plan/plan.js';
import type { IstioRule } from '../policy/compile/istio/index.js';
import type { AuthorizationPolicy, AuthorizationPolicySpec } from './kinds/index.js';

/** Whose requests a policy judges. */
export type PolicyTarget =
  /** Pods: their sidecars, and without sidecars ztunnel, which sees connections alone. */
  | { readonly selector: Readonly<Record<string, string>> }
  /** A Kubernetes Service behind a waypoint. */
  | { readonly service: string };

interface PolicyContent {
  readonly target: PolicyTarget;
  readonly action: 'ALLOW' | 'DENY' | 'CUSTOM';
  /** Of `CUSTOM`. */
  readonly provider?: string;
  readonly rules: readonly IstioRule[];
}

/** A policy for some pods of the namespace, or for one of its Services. */
export function authorizationPolicy(
  { namespace }: Plan,
  name: string,
  { target, action, provider, rules }: PolicyContent,
): AuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace },
    spec: {
      ...('selector' in target
        ? ({ selector: { matchLabels: target.selector } } satisfies AuthorizationPolicySpec)
        : ({
            targetRefs: [{ group: '', kind: 'Service', name: target.service }],
          } satisfies AuthorizationPolicySpec)),
      action,
      ...(provider !== undefined && ({ provider: { name: provider } } satisfies AuthorizationPolicySpec)),
      rules,
    },
  };
}
