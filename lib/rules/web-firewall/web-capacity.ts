import { finding } from '../support/check.js';
import { totalCapacity, type WebFirewallCheck } from './support/declaration.js';

/** "AWS WAF quotas", AWS WAF Developer Guide: maximum web ACL capacity units, which cannot be raised. */
const MAXIMUM = 5000;

/** More rules than a list can hold: the deployment would fail. */
export const webCapacity: WebFirewallCheck = {
  id: 'web-capacity',
  severity: 'error',
  run(declaration) {
    const total = totalCapacity(declaration);
    if (total <= MAXIMUM) return [];
    return [
      finding(['rules'], 'the rules need more capacity than a list has', {
        found: `${total} WCU`,
        expected: `at most ${MAXIMUM} WCU`,
        remedy: 'Leave out a managed group that this service does not need, or split by service.',
      }),
    ];
  },
};
