import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';
import { isMeshDefault, MESH_DEFAULT } from './support/mesh-default.js';

/** A mesh that keeps Istio's default name: it is every other cluster's name, too. */
export const defaultTrustDomain: Check = {
  id: 'default-trust-domain',
  severity: 'warning',
  optOut: true,
  run({ model, engine }) {
    if (!isMeshDefault(model, engine)) return [];
    const message = 'every mesh has this trust domain by default: SPIFFE IDs of two clusters are the same';
    return [
      finding(['authority', 'trustDomains', 'kubernetes'], message, {
        found: excerpt(MESH_DEFAULT),
        expected: 'roots that sign for this cluster alone, or a trust domain of its own',
        remedy: 'name a domain of your organisation before another cluster or engine is to be believed',
      }),
    ];
  },
};
