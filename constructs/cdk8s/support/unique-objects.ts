import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';

/**
 * At synthesis no two objects of the app are one: the second would be applied over the first without a word, and take
 * away what it allows or forbids.
 */
export function uniqueObjects(scope: IConstruct): void {
  scope.node.addValidation({
    validate: () => {
      const seen = new Map<string, string>();
      return scope.node.root.node.findAll().flatMap((construct) => {
        if (!ApiObject.isApiObject(construct)) return [];
        const { kind, apiGroup, name, metadata } = construct;
        const key = `${kind}.${apiGroup} ${metadata.namespace ?? ''}/${name}`;
        const other = seen.get(key);
        seen.set(key, construct.node.path);
        if (other === undefined) return [];
        return [`object-collision: ${key} is made by ${other} and by ${construct.node.path}`];
      });
    },
  });
}
