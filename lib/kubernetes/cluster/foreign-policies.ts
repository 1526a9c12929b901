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

/** Kinds of Envoy Gateway by which a gateway that is made asks nobody any more, or leads elsewhere. */
export const GATEWAY_KINDS: Readonly<Record<string, string>> = {
  BackendTrafficPolicy: 'backendtrafficpolicies.gateway.envoyproxy.io',
  ClientTrafficPolicy: 'clienttrafficpolicies.gateway.envoyproxy.io',
  EnvoyExtensionPolicy: 'envoyextensionpolicies.gateway.envoyproxy.io',
  EnvoyPatchPolicy: 'envoypatchpolicies.gateway.envoyproxy.io',
  // One of a route takes the place of the gateway's.
  SecurityPolicy: 'securitypolicies.gateway.envoyproxy.io',
};

/** What manifests have of all that, and where they are. */
export interface OwnPolicies {
  /** The platform's own. */
  readonly namespace: string;
  /** Of the manifests, those of `POLICY_KINDS` in that namespace, and those of `GATEWAY_KINDS`. */
  readonly policies: readonly KubernetesObject[];
}

/** The namespaces in which the policies of the gateway are the manifests' alone. */
export function gatewayNamespaces({ policies }: OwnPolicies): readonly string[] {
  const ofGateway = policies.filter(({ kind }) => Object.hasOwn(GATEWAY_KINDS, kind));
  return [...new Set(ofGateway.map(({ metadata }) => metadata.namespace ?? ''))];
}

/** Whether the manifests' own alone are where an object is. */
export function isClosed(own: OwnPolicies, { kind, metadata }: KubernetesObject): boolean {
  return (
    (Object.hasOwn(POLICY_KINDS, kind) && metadata.namespace === own.namespace) ||
    (Object.hasOwn(GATEWAY_KINDS, kind) && gatewayNamespaces(own).includes(metadata.namespace ?? ''))
  );
}

/**
 * Every policy of the platform's namespace, and of its gateway, that the manifests do not have: it was there before the guards, or a deployer let it
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
      message: 'the manifests do not have this policy, and it is where theirs alone are',
      found: excerpt(each['spec']),
      expected: 'the platform’s own alone',
      remedy:
        'take it away, or bring it into the app of the platform: mesh.weakenedBy(object, { reason, until })',
    }));
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
