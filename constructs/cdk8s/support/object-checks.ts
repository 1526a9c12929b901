import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';

/**
 * What is wrong with the objects of an app, whoever made them. The same set is the same objects: what was found of their
 * names need not be looked for again.
 */
export type ObjectCheck = (objects: ReadonlySet<ApiObject>) => readonly string[];

const CHECKS = new WeakMap<IConstruct, Set<ObjectCheck>>();

/** At synthesis every check of an app is asked about all its objects, which are looked for once. */
export function checkObjects(root: IConstruct, check: ObjectCheck): void {
  const known = CHECKS.get(root);
  if (known) {
    known.add(check);
    return;
  }
  const checks = new Set([check]);
  CHECKS.set(root, checks);
  let objects: ReadonlySet<ApiObject> = new Set();
  root.node.addValidation({
    validate: () => {
      const found = root.node.findAll().filter((construct) => ApiObject.isApiObject(construct));
      // cdk8s asks about the whole app again for each of its charts.
      const isSame = found.length === objects.size && found.every((object) => objects.has(object));
      if (!isSame) objects = new Set(found);
      return [...checks].flatMap((each) => each(objects));
    },
  });
}
