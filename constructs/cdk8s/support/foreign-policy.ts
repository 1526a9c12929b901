import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { codedError } from '../../../lib/coded-error.js';
import { AsMade } from './as-made.js';
import { inWords } from './diagnostics.js';

/** Kinds by which whoever applies the platform could open what it closes, by their API group: each adds to what is allowed. */
const OPENING: Readonly<Record<string, readonly string[]>> = {
  'security.istio.io': ['AuthorizationPolicy', 'PeerAuthentication'],
  'networking.istio.io': ['EnvoyFilter'],
  'extensions.istio.io': ['WasmPlugin'],
  'networking.k8s.io': ['NetworkPolicy'],
};

/**
 * What of an app is in the platform's namespace, of a kind that opens it, and not the platform's own. The guards let it pass
 * in the cluster: the same deployers apply it.
 */
export function foreignPolicies(
  root: IConstruct,
  namespace: string,
  admitted: ReadonlySet<ApiObject>,
): string[] {
  return root.node.findAll().flatMap((construct) => {
    if (!ApiObject.isApiObject(construct) || AsMade.isAsMade(construct) || admitted.has(construct)) return [];
    const { kind, apiGroup, name, metadata, node } = construct;
    if (metadata.namespace !== namespace || !OPENING[apiGroup]?.includes(kind)) return [];
    const error = codedError(
      'foreign-policy',
      node.path,
      'a policy of your own opens what the platform closes',
      {
        found: `${kind} ${name}`,
        expected: `in ${namespace} the platform’s own alone`,
        remedy: 'say it in the model, or let it in by name: mesh.weakenedBy(object, { reason, until })',
      },
    );
    return [`foreign-policy: ${inWords(error)}`];
  });
}
