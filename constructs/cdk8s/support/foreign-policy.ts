import type { ApiObject } from 'cdk8s';
import { codedError } from '../../../lib/coded-error.js';
import {
  checkRootPolicies,
  type ForeignPlaces,
  type KubernetesObject,
  ROOT_KINDS,
} from '../../../lib/kubernetes/index.js';
import { AsMade } from './as-made.js';
import { inWords, warn } from './diagnostics.js';

/**
 * What of an app is where it could open the platform, of a kind that does, and not the platform's own: in its namespace, in that
 * of the gateway that is made, and in the root namespace of the mesh. The guards let it pass in the cluster, where the same
 * deployers apply it, and none is in the root namespace.
 */
export function foreignPolicies(
  objects: ReadonlySet<ApiObject>,
  places: ForeignPlaces,
  admitted: ReadonlySet<ApiObject>,
): string[] {
  return [...objects].flatMap((object) => {
    if (AsMade.isAsMade(object) || admitted.has(object)) return [];
    const { namespace = '' } = object.metadata;
    if (namespace === places.root) return inRoot(object, places);
    if (!places.closed[namespace]?.[object.apiGroup]?.includes(object.kind)) return [];
    return [
      refusal(object, 'a policy of your own opens what the platform closes', {
        expected: `in ${namespace} the platform’s own alone`,
        remedy: `say it in the model, or ${LET_IN}`,
      }),
    ];
  });
}

const LET_IN = 'let it in by name: mesh.weakenedBy(object, { reason, until })';

/** Objects that were told of: each part, and each chart of a test, asks again. */
const TOLD = new WeakSet<ApiObject>();

/** What only refuses more, or changes metrics, is told of. */
function inRoot(object: ApiObject, { reached }: ForeignPlaces): string[] {
  if (!Object.hasOwn(ROOT_KINDS, object.kind)) return [];
  const found = checkRootPolicies([object.toJson() as KubernetesObject], reached);
  if (!TOLD.has(object)) warn(found.filter(({ severity }) => severity === 'warning'));
  TOLD.add(object);
  return found
    .filter(({ severity }) => severity === 'error')
    .map(({ message, expected, remedy }) =>
      refusal(object, `a policy of the whole mesh reaches the platform: ${message}`, {
        expected: expected!,
        remedy: `${remedy}, or ${LET_IN}`,
      }),
    );
}

function refusal(
  { kind, name, node }: ApiObject,
  message: string,
  more: { readonly expected: string; readonly remedy: string },
): string {
  const error = codedError('foreign-policy', node.path, message, { found: `${kind} ${name}`, ...more });
  return `foreign-policy: ${inWords(error)}`;
}
