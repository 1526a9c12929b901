import { finding } from '../support/check.js';
import type { WebFirewallCheck } from './support/declaration.js';

/** "RateBasedStatement", AWS WAF API reference: EvaluationWindowSec. */
const WINDOWS = [60, 120, 300, 600];

/** A window that AWS WAF does not count in. */
export const rateWindow: WebFirewallCheck = {
  id: 'rate-window',
  severity: 'error',
  run({ rates }) {
    return rates.flatMap(({ window }, index) =>
      WINDOWS.includes(window)
        ? []
        : [
            finding(['rates', index, 'window'], 'requests are not counted in such a window', {
              found: `${window} seconds`,
              expected: `${WINDOWS.join(', ')} seconds`,
              remedy: 'Take the nearest of these and scale the limit with it.',
            }),
          ],
    );
  },
};
