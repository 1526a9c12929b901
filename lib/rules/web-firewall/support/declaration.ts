import type { Severity } from '../../../diagnostic.js';
import type { Finding } from '../../support/check.js';

/** One rule of a web access control list, as far as its limits go. */
export interface WebFirewallRule {
  readonly name: string;
  /** Rules are evaluated from the lowest on. */
  readonly priority: number;
  /** Web ACL capacity units (WCU). */
  readonly capacity: number;
}

/** A limit of requests from one source. */
export interface WebFirewallRate {
  readonly name: string;
  /** Requests in the window. */
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

/** What a web access control list of AWS WAF comes to, without any engine's types; unknown values are absent. */
export interface WebFirewallDeclaration {
  readonly scope: 'REGIONAL' | 'CLOUDFRONT';
  readonly region?: string;
  readonly rules: readonly WebFirewallRule[];
  readonly rates: readonly WebFirewallRate[];
  /** Kibibytes of a body that are inspected. */
  readonly inspectedBody: number;
}

/** One law about a web access control list. */
export interface WebFirewallCheck {
  /** Also the name of the check's file, and the code of its diagnostics. Stable. */
  readonly id: string;
  readonly severity: Severity;
  run(declaration: WebFirewallDeclaration): Finding[];
}

/** WCU of all rules together. */
export function totalCapacity({ rules }: WebFirewallDeclaration): number {
  return rules.reduce((sum, { capacity }) => sum + capacity, 0);
}
