import { excerpt } from '../diagnostic.js';
import { elementPath } from '../model/element-path.js';
import { type Check, type Finding, finding } from './support/check.js';

/** Two rules with one id: the same rule twice, or a name that is another rule's id. Logs could not tell them apart. */
export const duplicateRule: Check = {
  id: 'duplicate-rule',
  severity: 'error',
  optOut: false,
  run({ rules, egress }) {
    const found: Finding[] = [];
    const first = new Map<string, string>();
    for (const { id, path } of [...rules, ...egress]) {
      const other = first.get(id);
      if (other === undefined) {
        first.set(id, elementPath(path));
      } else {
        const remedy = 'remove one of them, or give one a name of its own';
        found.push(
          finding(path, `${other} is the same rule, or has the same id`, {
            found: excerpt(id),
            remedy,
          }),
        );
      }
    }
    return found;
  },
};
