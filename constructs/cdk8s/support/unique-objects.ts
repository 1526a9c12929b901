import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { AsMade } from './as-made.js';

/** Apps that are looked at already: every part asks for it. */
const LOOKED_AT = new WeakSet<IConstruct>();

/**
 * At synthesis no two objects of the app are one: the second would be applied over the first without a word, and take
 * away what it allows or forbids.
 */
export function uniqueObjects(root: IConstruct): void {
  if (LOOKED_AT.has(root)) return;
  LOOKED_AT.add(root);
  root.node.addValidation({
    validate: () => {
      const seen = new Map<string, string>();
      return root.node.findAll().flatMap((construct) => {
        if (!ApiObject.isApiObject(construct)) return [];
        const { kind, apiGroup, name } = construct;
        const key = `${kind}.${apiGroup} ${namespaceOf(construct)}/${name}`;
        const other = seen.get(key);
        seen.set(key, construct.node.path);
        if (other === undefined) return [];
        return [`object-collision: ${key} is made by ${other} and by ${construct.node.path}`];
      });
    },
  });
}

/** Where it is applied: one of the whole cluster nowhere, whatever namespace its chart has. */
function namespaceOf(object: ApiObject): string {
  return AsMade.isAsMade(object) && object.isOfCluster ? '' : (object.metadata.namespace ?? '');
}
