import { excerpt } from '../diagnostic.js';
import type { Engine } from '../model/service.js';
import { trustDomainOf } from '../plan/names.js';
import { type Check, type Finding, finding } from './support/check.js';
import { isMeshDefault, MESH_DEFAULT } from './support/mesh-default.js';

/** SPIFFE-ID, section 2.1: at most 255 bytes. */
const MAX_TRUST_DOMAIN = 255;

/** A trust domain that is not the platform's own, is too long, or is two engines' at once. */
export const trustDomain: Check = {
  id: 'trust-domain',
  severity: 'error',
  optOut: false,
  run({ model, engine }) {
    const found: Finding[] = [];
    const owners = new Map<string, Engine>();
    const set = Object.keys(model.authority?.trustDomains ?? {}) as Engine[];
    for (const each of new Set([engine, ...set])) {
      const path = set.includes(each) ? ['authority', 'trustDomains', each] : ['trustDomain'];
      const domain = trustDomainOf(model, each);
      const owner = owners.get(domain);
      owners.set(domain, each);
      const detail = { found: excerpt(domain) };
      // A mesh alone may keep it (`default-trust-domain`).
      if (each === 'kubernetes' && isMeshDefault(model, engine)) continue;
      if (domain === MESH_DEFAULT || domain.endsWith(`.${MESH_DEFAULT}`)) {
        const remedy = 'name a domain of your organisation';
        found.push(
          finding(path, `\`${MESH_DEFAULT}\` is the trust domain of any cluster`, { ...detail, remedy }),
        );
      } else if (domain.length > MAX_TRUST_DOMAIN) {
        const expected = `at most ${MAX_TRUST_DOMAIN} characters`;
        found.push(finding(path, `the trust domain of ${each} is too long`, { ...detail, expected }));
      } else if (owner !== undefined) {
        found.push(finding(path, `${owner} and ${each} have the same trust domain`, detail));
      }
    }
    return found;
  },
};
