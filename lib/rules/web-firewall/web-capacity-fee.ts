import { finding } from '../support/check.js';
import { totalCapacity, type WebFirewallCheck } from './support/declaration.js';

/** "AWS WAF pricing": what a request may use without a further fee; above it each 500 WCU cost $0.20 a million. */
const INCLUDED = 1500;

/** More capacity than is included in the price of a request. */
export const webCapacityFee: WebFirewallCheck = {
  id: 'web-capacity-fee',
  severity: 'warning',
  run(declaration) {
    const total = totalCapacity(declaration);
    if (total <= INCLUDED) return [];
    return [
      finding(['rules'], 'each request costs more, because the rules need more capacity than is included', {
        found: `${total} WCU`,
        expected: `at most ${INCLUDED} WCU`,
        remedy: 'Leave out a managed group that this service does not need, or accept the fee.',
      }),
    ];
  },
};
