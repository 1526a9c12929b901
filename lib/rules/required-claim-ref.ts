import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';

/**
 * A provider whose required claims are one alone, called `ref`: in the plan, and in everything that is made of it, an
 * object with that one name stands for a value that only a deployment knows, so the claim would not be asked for.
 */
export const requiredClaimRef: Check = {
  id: 'required-claim-ref',
  severity: 'error',
  optOut: false,
  run({ providers }) {
    return [...providers].flatMap(([name, { issuer, requiredClaims = {} }]) => {
      const [only, ...others] = Object.entries(requiredClaims);
      if (only?.[0] !== 'ref' || others.length > 0) return [];
      return [
        finding(
          ['identity', 'providers', name, 'requiredClaims'],
          'a claim `ref` alone cannot be told from a reference to a value of the deployment',
          {
            found: excerpt(JSON.stringify(requiredClaims)),
            expected: 'a second claim beside it',
            remedy: `require the issuer too, which every token has: iss: ${JSON.stringify(issuer)}`,
          },
        ),
      ];
    });
  },
};
