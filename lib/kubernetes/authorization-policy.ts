import type { Plan } from '../plan/plan.js';
import type { IstioRule } from '../policy/compile/istio/index.js';
import type { KubernetesObject } from './object.js';

/** Whose requests a policy judges. */
export type PolicyTarget =
  /** Pods: their sidecars, and without sidecars ztunnel, which sees connections alone. */
  | { readonly selector: Readonly<Record<string, string>> }
  /** A Kubernetes Service behind a waypoint. */
  | { readonly service: string };

interface AuthorizationPolicySpec {
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
  { target, action, provider, rules }: AuthorizationPolicySpec,
): KubernetesObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace },
    spec: {
      ...('selector' in target
        ? { selector: { matchLabels: target.selector } }
        : { targetRefs: [{ group: '', kind: 'Service', name: target.service }] }),
      action,
      ...(provider !== undefined && { provider: { name: provider } }),
      rules,
    },
  };
}
