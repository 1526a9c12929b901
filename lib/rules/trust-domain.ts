import { excerpt } from '../diagnostic.js';
import type { Engine } from '../model/service.js';
import { trustDomainOf } from '../plan/names.js';
import { type Check, type Finding, finding } from './support/check.js';

/** SPIFFE-ID, section 2.1: at most 255 bytes. */
const MAX_TRUST_DOMAIN = 255;
/** Every Istio mesh is called this by default, so it names none. */
const ANYBODYS = 'cluster.local';

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
      if (domain === ANYBODYS || domain.endsWith(`.${ANYBODYS}`)) {
        const remedy = 'name a domain of your organisation';
        found.push(
          finding(path, `\`${ANYBODYS}\` is the trust domain of any cluster`, { ...detail, remedy }),
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
