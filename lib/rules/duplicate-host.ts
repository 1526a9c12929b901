import { excerpt } from '../diagnostic.js';
import { authorityOf } from '../plan/names.js';
import { type Check, type Finding, finding } from './support/check.js';

/** Two services with one authority: a request could not say which it means. */
export const duplicateHost: Check = {
  id: 'duplicate-host',
  severity: 'error',
  optOut: false,
  run({ model }) {
    const found: Finding[] = [];
    const owners = new Map<string, string>();
    // Inner services first, so that the finding is where the host was written.
    const names = Object.keys(model.services);
    const isPublic = (name: string) => model.services[name]?.host !== undefined;
    for (const name of [...names.filter((each) => !isPublic(each)), ...names.filter(isPublic)]) {
      const authority = authorityOf(model, name);
      const owner = owners.get(authority);
      if (owner === undefined) owners.set(authority, name);
      else
        found.push(
          finding(['services', name, 'host'], `"${owner}" has the same host`, {
            found: excerpt(authority),
            remedy: 'give each service a host of its own',
          }),
        );
    }
    return found;
  },
};
