import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';

/** What is wrong with the objects of an app, whoever made them. */
export type ObjectCheck = (objects: readonly ApiObject[]) => readonly string[];

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
  root.node.addValidation({
    validate: () => {
      const objects = root.node.findAll().filter((construct) => ApiObject.isApiObject(construct));
      return [...checks].flatMap((each) => each(objects));
    },
  });
}
