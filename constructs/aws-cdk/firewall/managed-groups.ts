/** A rule group that AWS keeps, as this library uses it. */
export interface ManagedGroup {
  /** The rule's name in the list; also its metric. */
  readonly name: string;
  readonly group: string;
  /** WCU, from "AWS Managed Rules rule groups list", AWS WAF Developer Guide. */
  readonly capacity: number;
  readonly priority: number;
}

/**
 * The groups in the order in which they judge: what costs nothing to know first, what is paid for by the
 * request last, so that only requests which passed the rest are paid for.
 */
export const MANAGED_GROUPS = {
  reputation: {
    name: 'ztp-ip-reputation',
    group: 'AWSManagedRulesAmazonIpReputationList',
    capacity: 25,
    priority: 30,
  },
  antiDdos: {
    name: 'ztp-anti-ddos',
    group: 'AWSManagedRulesAntiDDoSRuleSet',
    capacity: 50,
    priority: 40,
  },
  common: { name: 'ztp-common', group: 'AWSManagedRulesCommonRuleSet', capacity: 700, priority: 70 },
  knownBadInputs: {
    name: 'ztp-known-bad-inputs',
    group: 'AWSManagedRulesKnownBadInputsRuleSet',
    capacity: 200,
    priority: 80,
  },
  sql: { name: 'ztp-sql-injection', group: 'AWSManagedRulesSQLiRuleSet', capacity: 200, priority: 90 },
  bot: {
    name: 'ztp-bot-control',
    group: 'AWSManagedRulesBotControlRuleSet',
    capacity: 50,
    priority: 100,
  },
} as const satisfies Readonly<Record<string, ManagedGroup>>;

/** The rules that this library writes itself, with their WCU by the rule statement reference. */
export const OWN_RULES = {
  /** An IP set reference is 1 WCU; there are two, for IPv4 and IPv6. */
  blockedAddresses: { name: 'ztp-blocked-addresses', capacity: 1, priority: 10 },
  blockedAddressesV6: { name: 'ztp-blocked-addresses-v6', capacity: 1, priority: 11 },
  /** A geographic match is 1 WCU. */
  countries: { name: 'ztp-countries', capacity: 1, priority: 20 },
  /** A rate-based statement is 2 WCU when it counts by address. */
  rate: { name: 'ztp-rate-by-address', capacity: 2, priority: 50 },
  /** A size constraint is 1 WCU and 10 for its text transformation, which must be given. */
  bodySize: { name: 'ztp-body-size', capacity: 11, priority: 60 },
} as const;

/** The first priority that a rule of the user's may take: the baseline judges before it. */
export const FIRST_OWN_PRIORITY = 1000;

type Listed =
  | (typeof MANAGED_GROUPS)[keyof typeof MANAGED_GROUPS]
  | (typeof OWN_RULES)[keyof typeof OWN_RULES];

/** The name of a rule of this library in the list. */
export type FirewallRuleName = Listed['name'];
