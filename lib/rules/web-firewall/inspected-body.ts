import { finding } from '../support/check.js';
import type { WebFirewallCheck } from './support/declaration.js';

/** "AssociationConfig", AWS WAF API reference: DefaultSizeInspectionLimit, KB_16 to KB_64. */
const SIZES = [16, 32, 48, 64];

/** A part of the body that AWS WAF cannot be told to inspect. */
export const inspectedBody: WebFirewallCheck = {
  id: 'inspected-body',
  severity: 'error',
  run({ inspectedBody: size }) {
    if (SIZES.includes(size)) return [];
    return [
      finding(['inspectedBody'], 'bodies are not inspected up to such a size', {
        found: `${size} KiB`,
        expected: `${SIZES.join(', ')} KiB`,
        remedy: 'Take the next larger size; above 64 KiB nothing is inspected by AWS WAF.',
      }),
    ];
  },
};
