import { finding } from '../support/check.js';
import type { WebFirewallCheck } from './support/declaration.js';

/** "How AWS WAF works with CloudFront", AWS WAF Developer Guide: global lists live in N. Virginia. */
const GLOBAL = 'us-east-1';

/** A list for CloudFront in another region than the one where such lists live. */
export const firewallScope: WebFirewallCheck = {
  id: 'firewall-scope',
  severity: 'error',
  run({ scope, region }) {
    if (scope !== 'CLOUDFRONT' || region === undefined || region === GLOBAL) return [];
    return [
      finding(['scope'], 'a list for CloudFront exists in one region only', {
        found: region,
        expected: GLOBAL,
        remedy: `Put the firewall into a stack of ${GLOBAL}, or use the scope REGIONAL for a REST API.`,
      }),
    ];
  },
};
