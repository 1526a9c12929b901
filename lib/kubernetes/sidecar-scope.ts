import { codedError } from '../coded-error.js';
import type { Plan } from '../plan/plan.js';
import type { MeshAuthorizationOptions } from './mesh-options.js';
import type { Sidecar, SidecarEgress } from './kinds/index.js';

/** Names that have long answers are asked for over TCP, too. */
export const NAMES_NAMESPACE = 'kube-system';

/** RFC 1123. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export type SidecarScopeOptions = Pick<MeshAuthorizationOptions, 'calledNamespaces' | 'clusterDomain'>;

/**
 * What a sidecar may call. Istio shows every VirtualService and ServiceEntry to every namespace: one of another tenant for a
 * host that our workloads call would rewrite their calls, and these go out under their identity. So a sidecar sees those of
 * its own namespace, and what is said of the Services of namespaces that are named.
 */
export function sidecarScope({
  calledNamespaces = [NAMES_NAMESPACE],
  clusterDomain = 'cluster.local',
}: SidecarScopeOptions): SidecarEgress {
  for (const [index, name] of calledNamespaces.entries()) {
    if (LABEL.test(name)) continue;
    throw codedError('object-name', `calledNamespaces[${index}]`, 'this is the name of no namespace', {
      found: name,
      expected: 'one namespace, by its name: `*` would be everybody’s',
    });
  }
  const others = [...new Set(calledNamespaces)].map((name) => servicesOf(name, clusterDomain));
  return {
    egress: [{ hosts: ['./*', ...others] }],
    outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
  };
}

/** Of another namespace its own Services alone, and no route for hosts outside or for ours. */
export function servicesOf(namespace: string, clusterDomain: string): string {
  return `${namespace}/*.${namespace}.svc.${clusterDomain}`;
}

/** The same for every sidecar of the namespace that has no `Sidecar` of its own; one that has takes nothing over from this. */
export function defaultSidecar({ namespace }: Plan, options: SidecarScopeOptions): Sidecar {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name: 'default', namespace },
    spec: sidecarScope(options),
  };
}
