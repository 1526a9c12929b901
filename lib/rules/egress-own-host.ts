import { excerpt } from '../diagnostic.js';
import { destinationOf } from '../model/destination.js';
import { authorityOf } from '../plan/names.js';
import { type Check, finding } from './support/check.js';

/** A destination that is a service of the platform: the call would leave it and come back as a stranger's. */
export const egressOwnHost: Check = {
  id: 'egress-own-host',
  severity: 'error',
  optOut: false,
  run({ model, egress }) {
    const own = new Map(Object.keys(model.services).map((name) => [authorityOf(model, name), name]));
    return egress.flatMap(({ rule, path }) => {
      const service = own.get(destinationOf(rule.destination).host);
      if (service === undefined) return [];
      const detail = {
        found: excerpt(rule.destination),
        remedy: `write it under \`access\`: allow(workload(…)).to('${service}', …)`,
      };
      return [finding([...path, 'destination'], `this is the host of "${service}"`, detail)];
    });
  },
};
