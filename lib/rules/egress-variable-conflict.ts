import { excerpt } from '../diagnostic.js';
import { destinationOf } from '../model/destination.js';
import { elementPath } from '../model/element-path.js';
import { egressUrlVariable } from '../point/url-variable.js';
import { type Check, type Finding, finding } from './support/check.js';

/** Two hosts that an application would find under one environment variable: `a-b.example` and `a.b.example`. */
export const egressVariableConflict: Check = {
  id: 'egress-variable-conflict',
  severity: 'error',
  optOut: false,
  run({ egress }) {
    const found: Finding[] = [];
    const first = new Map<string, { readonly host: string; readonly at: string }>();
    for (const { rule, path } of egress) {
      const { host } = destinationOf(rule.destination);
      const variable = egressUrlVariable(host);
      const other = first.get(variable);
      if (!other) first.set(variable, { host, at: elementPath(path) });
      else if (other.host !== host) {
        const message = `an application would find it at ${variable}, as the host of ${other.at}`;
        const detail = { found: excerpt(rule.destination), remedy: 'reach one of them by another name' };
        found.push(finding([...path, 'destination'], message, detail));
      }
    }
    return found;
  },
};
