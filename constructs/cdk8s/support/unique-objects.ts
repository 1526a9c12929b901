import type { ApiObject } from 'cdk8s';
import { AsMade } from './as-made.js';

/** An object keeps its name. */
const FOUND = new WeakMap<ReadonlySet<ApiObject>, readonly string[]>();

/**
 * No two objects of the app are one: the second would be applied over the first without a word, and take away what it
 * allows or forbids.
 */
export function uniqueObjects(objects: ReadonlySet<ApiObject>): readonly string[] {
  const found = FOUND.get(objects) ?? collisions(objects);
  FOUND.set(objects, found);
  return found;
}

function collisions(objects: ReadonlySet<ApiObject>): string[] {
  const seen = new Map<string, ApiObject>();
  return [...objects].flatMap((object) => {
    const { kind, apiGroup, name } = object;
    const key = `${kind}.${apiGroup} ${namespaceOf(object)}/${name}`;
    const other = seen.get(key);
    seen.set(key, object);
    if (other === undefined) return [];
    return [`object-collision: ${key} is made by ${other.node.path} and by ${object.node.path}`];
  });
}

/** Where it is applied: one of the whole cluster nowhere, whatever namespace its chart has. */
function namespaceOf(object: ApiObject): string {
  return AsMade.isAsMade(object) && object.isOfCluster ? '' : (object.metadata.namespace ?? '');
}
