import { excerpt } from '../diagnostic.js';
import { elementPath } from '../model/element-path.js';
import { destinationOf } from '../model/destination.js';
import { type Check, type Finding, finding } from './support/check.js';

/** Two ports of one host: a request names its host, and rules are by host alone. */
export const egressPortConflict: Check = {
  id: 'egress-port-conflict',
  severity: 'error',
  optOut: false,
  run({ egress }) {
    const found: Finding[] = [];
    const first = new Map<string, (typeof egress)[number]>();
    for (const located of egress) {
      const { host, port } = destinationOf(located.rule.destination);
      const other = first.get(host);
      if (!other) first.set(host, located);
      else if (destinationOf(other.rule.destination).port !== port) {
        const message = `${elementPath(other.path)} calls the same host at another port`;
        const detail = { found: excerpt(located.rule.destination), remedy: 'keep one port for each host' };
        found.push(finding([...located.path, 'destination'], message, detail));
      }
    }
    return found;
  },
};
