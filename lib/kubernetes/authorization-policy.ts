import type { Plan } from '../plan/plan.js';
import type { IstioRule } from '../policy/compile/istio/index.js';
import type { KubernetesObject } from './object.js';

interface AuthorizationPolicySpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly action: 'ALLOW' | 'DENY' | 'CUSTOM';
  /** Of `CUSTOM`. */
  readonly provider?: string;
  readonly rules: readonly IstioRule[];
}

/** A policy for some pods of the namespace. */
export function authorizationPolicy(
  { namespace }: Plan,
  name: string,
  { selector, action, provider, rules }: AuthorizationPolicySpec,
): KubernetesObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: selector },
      action,
      ...(provider !== undefined && { provider: { name: provider } }),
      rules,
    },
  };
}
