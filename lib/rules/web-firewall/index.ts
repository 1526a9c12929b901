import type { Diagnostic } from '../../diagnostic.js';
import { firewallScope } from './firewall-scope.js';
import { inspectedBody } from './inspected-body.js';
import { rateLimit } from './rate-limit.js';
import { rateWindow } from './rate-window.js';
import { rulePriority } from './rule-priority.js';
import type { WebFirewallCheck, WebFirewallDeclaration } from './support/declaration.js';
import { webCapacityFee } from './web-capacity-fee.js';
import { webCapacity } from './web-capacity.js';

export * from './support/declaration.js';

/** Every check of a web access control list, whichever engine makes it. */
export const WEB_FIREWALL_CHECKS: readonly WebFirewallCheck[] = [
  firewallScope,
  inspectedBody,
  rateLimit,
  rateWindow,
  rulePriority,
  webCapacity,
  webCapacityFee,
];

/** Run every check. */
export function checkWebFirewall(declaration: WebFirewallDeclaration): Diagnostic[] {
  return WEB_FIREWALL_CHECKS.flatMap((check) =>
    check
      .run(declaration)
      .map((found): Diagnostic => ({ code: check.id, severity: check.severity, ...found })),
  );
}
