import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { LogProps } from '../support/encrypted-log-group.js';
import type { Weakening } from '../support/weakening.js';
import type { FirewallRuleName } from './managed-groups.js';

/** Rules that only count for a while: to see what they would block before they do. */
export interface CountFirst extends Weakening {
  /** @default every rule of the list */
  readonly rules?: readonly FirewallRuleName[];
}

/** How many requests one address may make. */
export interface AddressRate {
  /** Requests in the window, 10 to 2,000,000,000. */
  readonly limit: number;
  /** 60, 120, 300 or 600. @default 300 */
  readonly windowSeconds?: number;
}

/** A rule of the user's own, behind the baseline. */
export interface OwnRule {
  /** With a priority of 1000 or more. */
  readonly rule: CfnWebACL.RuleProperty;
  /** WCU, by the rule statement reference or `aws wafv2 check-capacity`. */
  readonly capacity: number;
}

export interface WebFirewallProps extends LogProps {
  /** `CLOUDFRONT` lists live in us-east-1 alone. @default 'REGIONAL' */
  readonly scope?: 'REGIONAL' | 'CLOUDFRONT';
  /** What one address may do. @default 2000 requests in 300 seconds */
  readonly rate?: AddressRate;
  /**
   * KiB of a body that are inspected: 16, 32, 48 or 64; each step above 16 costs $0.30 a million requests. An
   * Application Load Balancer gives 8 KiB whatever stands here.
   * @default 16
   */
  readonly inspectedBody?: number;
  /**
   * What becomes of a body that is larger than what is inspected: it is blocked, or its rest passes unseen.
   * @default 'block'
   */
  readonly oversizeBody?: 'block' | { readonly passUninspected: Weakening };
  /** How sure the anti-DDoS group must be before it blocks. @default 'LOW': only the surest */
  readonly ddosSensitivity?: 'LOW' | 'MEDIUM' | 'HIGH';
  /**
   * During an attack browsers get a silent challenge that programs cannot answer. `exempt` are regular
   * expressions of the paths that programs call, anchored by `^`.
   * @default no challenge: clients of an API are programs
   */
  readonly browserChallenge?: { readonly exempt: readonly string[] };
  /** Recognise bots; costs beside the requests. @default no bot control */
  readonly botControl?: 'common' | 'targeted';
  /** Requests from elsewhere are blocked; ISO 3166 alpha-2. @default every country */
  readonly allowedCountries?: readonly string[];
  /** Ranges, `192.0.2.0/24` or `2001:db8::/32`, that are blocked. @default none */
  readonly blockedAddresses?: readonly string[];
  /** Rules that only count. @default none: every rule blocks */
  readonly countFirst?: CountFirst;
  /** @default none */
  readonly rules?: readonly OwnRule[];
  /** What is logged: requests that a rule blocked, counted or challenged, or all. @default 'refused' */
  readonly logged?: 'refused' | 'all';
  /** Its name must begin with `aws-waf-logs-`. @default a log group of the firewall's own */
  readonly logGroup?: ILogGroup;
}
