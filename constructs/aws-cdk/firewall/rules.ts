import { CfnIPSet, type CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { MANAGED_GROUPS, type ManagedGroup, OWN_RULES } from './managed-groups.js';
import type { WebFirewallProps } from './props.js';

/** A rule and what it takes of the list's capacity. */
export interface CountedRule {
  readonly rule: CfnWebACL.RuleProperty;
  /** WCU. */
  readonly capacity: number;
}

type Place = { readonly name: string; readonly priority: number; readonly capacity: number };

/** Whether a rule only counts. */
export type Counts = (name: string) => boolean;

/** The rules that every list has. */
export function baseline(props: WebFirewallProps, counts: Counts): CountedRule[] {
  const { rate, inspectedBody = 16, oversizeBody = 'block' } = props;
  const { antiDdos, common, knownBadInputs, reputation, sql } = MANAGED_GROUPS;
  const rules = [
    managed(reputation, counts),
    managed(antiDdos, counts, { managedRuleGroupConfigs: [antiDdosConfig(props)] }),
    own(OWN_RULES.rate, counts, {
      rateBasedStatement: {
        aggregateKeyType: 'IP',
        limit: rate?.limit ?? 2000,
        evaluationWindowSec: rate?.windowSeconds ?? 300,
      },
    }),
    // The group would block every body above 8 KiB, whatever is inspected; the rule `ztp-body-size` draws
    // that line where the inspection ends. Body-less sizes of the group stay in force.
    managed(common, counts, {
      ruleActionOverrides: [{ name: 'SizeRestrictions_BODY', actionToUse: { count: {} } }],
    }),
    managed(knownBadInputs, counts),
    managed(sql, counts),
  ];
  if (oversizeBody === 'block') rules.push(bodySize(inspectedBody, counts));
  return rules;
}

/** The rules that the user asked for besides. */
export function options(scope: Construct, props: WebFirewallProps, counts: Counts): CountedRule[] {
  const { botControl, allowedCountries } = props;
  const rules = blockedAddresses(scope, props, counts);
  if (allowedCountries) {
    rules.push(
      own(OWN_RULES.countries, counts, {
        notStatement: { statement: { geoMatchStatement: { countryCodes: [...allowedCountries] } } },
      }),
    );
  }
  if (botControl) {
    const inspectionLevel = botControl === 'targeted' ? 'TARGETED' : 'COMMON';
    rules.push(
      managed(MANAGED_GROUPS.bot, counts, {
        managedRuleGroupConfigs: [{ awsManagedRulesBotControlRuleSet: { inspectionLevel } }],
      }),
    );
  }
  return rules;
}

function blockedAddresses(scope: Construct, props: WebFirewallProps, counts: Counts): CountedRule[] {
  const addresses = props.blockedAddresses ?? [];
  const families = [
    { id: 'BlockedAddresses', version: 'IPV4', place: OWN_RULES.blockedAddresses, of: isIPv4 },
    {
      id: 'BlockedAddressesV6',
      version: 'IPV6',
      place: OWN_RULES.blockedAddressesV6,
      of: (address: string) => !isIPv4(address),
    },
  ];
  return families.flatMap(({ id, version, place, of }) => {
    const members = addresses.filter(of);
    if (members.length === 0) return [];
    const set = new CfnIPSet(scope, id, {
      addresses: members,
      ipAddressVersion: version,
      scope: props.scope ?? 'REGIONAL',
    });
    return [own(place, counts, { ipSetReferenceStatement: { arn: set.attrArn } })];
  });
}

function isIPv4(address: string): boolean {
  return !address.includes(':');
}

/** A body of which a part was not looked at. `MATCH` says that for what exceeds what AWS WAF receives. */
function bodySize(inspectedBody: number, counts: Counts): CountedRule {
  return own(OWN_RULES.bodySize, counts, {
    sizeConstraintStatement: {
      fieldToMatch: { body: { oversizeHandling: 'MATCH' } },
      comparisonOperator: 'GT',
      // What AWS WAF receives never exceeds the limit, so the comparison sits just below it.
      size: inspectedBody * 1024 - 1,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  });
}

function antiDdosConfig({ browserChallenge, ddosSensitivity = 'LOW' }: WebFirewallProps) {
  const challenge = browserChallenge
    ? {
        usageOfAction: 'ENABLED',
        exemptUriRegularExpressions: browserChallenge.exempt.map((regexString) => ({ regexString })),
      }
    : { usageOfAction: 'DISABLED' };
  return {
    awsManagedRulesAntiDDoSRuleSet: {
      clientSideActionConfig: { challenge },
      sensitivityToBlock: ddosSensitivity,
    },
  };
}

function managed(
  { group, ...place }: ManagedGroup,
  counts: Counts,
  settings: Omit<Partial<CfnWebACL.ManagedRuleGroupStatementProperty>, 'name' | 'vendorName'> = {},
): CountedRule {
  const rule: CfnWebACL.RuleProperty = {
    name: place.name,
    priority: place.priority,
    // A managed group without `overrideAction` deploys as an error that no validator sees.
    overrideAction: counts(place.name) ? { count: {} } : { none: {} },
    statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: group, ...settings } },
    visibilityConfig: visibility(place.name),
  };
  return { rule, capacity: place.capacity };
}

function own(place: Place, counts: Counts, statement: CfnWebACL.StatementProperty): CountedRule {
  const rule: CfnWebACL.RuleProperty = {
    name: place.name,
    priority: place.priority,
    action: counts(place.name) ? { count: {} } : { block: {} },
    statement,
    visibilityConfig: visibility(place.name),
  };
  return { rule, capacity: place.capacity };
}

/** A metric for each rule, and samples: the data protection of the list keeps tokens and queries out of them. */
export function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
