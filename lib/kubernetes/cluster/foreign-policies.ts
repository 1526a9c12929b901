import { type Diagnostic, excerpt } from '../../diagnostic.js';
import type { KubernetesObject } from '../object.js';
import { ROOT_KINDS } from './root-policies.js';

/** Kinds by which the platform's namespace is opened, or ours takes no effect, as kubectl names them. */
export const POLICY_KINDS: Readonly<Record<string, string>> = {
  ...ROOT_KINDS,
  // Of two for the whole namespace Istio takes the older one.
  PeerAuthentication: 'peerauthentications.security.istio.io',
  NetworkPolicy: 'networkpolicies.networking.k8s.io',
};

/**
 * Every policy of the platform's namespace that the manifests do not have: it was there before the guards, or a deployer let it
 * in from elsewhere (`foreign-policy`).
 */
export function checkForeignPolicies(
  wanted: readonly KubernetesObject[],
  found: readonly KubernetesObject[],
): Diagnostic[] {
  const own = new Set(wanted.map(keyOf));
  return found
    .filter((each) => !own.has(keyOf(each)))
    .map((each) => ({
      code: 'foreign-policy',
      severity: 'error',
      path: `${each.kind} ${each.metadata.namespace}/${each.metadata.name}`,
      message: 'the manifests do not have this policy of the platform’s namespace',
      found: excerpt(each['spec']),
      expected: 'the platform’s own alone',
      remedy:
        'take it away, or bring it into the app of the platform: mesh.weakenedBy(object, { reason, until })',
    }));
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
