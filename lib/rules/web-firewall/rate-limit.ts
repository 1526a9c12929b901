import { finding } from '../support/check.js';
import type { WebFirewallCheck } from './support/declaration.js';

/** "RateBasedStatement", AWS WAF API reference: Limit. */
const [LEAST, MOST] = [10, 2_000_000_000];

/** A limit that AWS WAF does not take. */
export const rateLimit: WebFirewallCheck = {
  id: 'rate-limit',
  severity: 'error',
  run({ rates }) {
    return rates.flatMap(({ limit }, index) =>
      Number.isInteger(limit) && limit >= LEAST && limit <= MOST
        ? []
        : [
            finding(['rates', index, 'limit'], 'the limit is not one that AWS WAF takes', {
              found: String(limit),
              expected: `${LEAST} to ${MOST} requests in the window`,
              remedy: 'A limit counts the requests of one address in the whole window, not in a second.',
            }),
          ],
    );
  },
};
