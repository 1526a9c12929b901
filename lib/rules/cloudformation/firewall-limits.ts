import { checkWebFirewall, type WebFirewallRate, type WebFirewallRule } from '../web-firewall/index.js';
import type { TemplateCheck, TemplateFinding } from './support/check.js';
import { at, listOf, number, text, words } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import type { Value } from './support/value.js';

/** "AWS Managed Rules rule groups list", AWS WAF Developer Guide. */
const CAPACITY: Readonly<Record<string, number>> = {
  AWSManagedRulesCommonRuleSet: 700,
  AWSManagedRulesAdminProtectionRuleSet: 100,
  AWSManagedRulesKnownBadInputsRuleSet: 200,
  AWSManagedRulesSQLiRuleSet: 200,
  AWSManagedRulesLinuxRuleSet: 200,
  AWSManagedRulesUnixRuleSet: 100,
  AWSManagedRulesWindowsRuleSet: 200,
  AWSManagedRulesPHPRuleSet: 100,
  AWSManagedRulesWordPressRuleSet: 100,
  AWSManagedRulesAmazonIpReputationList: 25,
  AWSManagedRulesAnonymousIpList: 50,
  AWSManagedRulesACFPRuleSet: 50,
  AWSManagedRulesATPRuleSet: 50,
  AWSManagedRulesBotControlRuleSet: 50,
  AWSManagedRulesAntiDDoSRuleSet: 50,
};

const WINDOW = 300;

/** What `lib/rules/web-firewall` says of the list of a model, of a list that somebody wrote. */
export const firewallLimits: TemplateCheck = {
  id: 'firewall-limits',
  severity: 'error',
  reason:
    'A list beyond a limit of AWS WAF is refused at deployment: two rules of one priority, a rate window or limit that does not exist, more than 5,000 WCU, a list for CloudFront outside us-east-1.',
  fix: 'Do as the finding says; the limits are those of the AWS WAF quotas page.',
  types: ['AWS::WAFv2::WebACL'],
  run(list, reading) {
    const rules = listOf(reading.get(list, 'Rules'));
    const rates = rules.flatMap(rateOf);
    const region = list.template.source.region;
    const scope = text(reading.get(list, 'Scope'));
    return checkWebFirewall({
      scope: scope === 'CLOUDFRONT' ? scope : 'REGIONAL',
      ...(region !== undefined && { region }),
      rules: rules.flatMap((rule, index) => ruleOf(rule, index, reading)),
      rates: rates.map(([, rate]) => rate),
      inspectedBody: 16,
    }).flatMap(({ severity, path, message, found, expected }): TemplateFinding[] => {
      if (severity !== 'error') return [];
      const [, place = '', rest = ''] = /^(rates\[\d+\])?(.*)$/.exec(path) ?? [];
      const at = place ? `Rules[${rates[Number(/\d+/.exec(place)?.[0])]?.[0]}]${rest}` : rest;
      const location = at === '' ? 'Properties' : `Properties.${at[0]!.toUpperCase()}${at.slice(1)}`;
      return [{ location, message, ...(found && { found }), ...(expected && { expected }) }];
    });
  },
};

function ruleOf(rule: Value, index: number, reading: Reading): WebFirewallRule[] {
  const priority = number(at(rule, 'Priority'));
  const name = text(at(rule, 'Name'));
  if (typeof priority !== 'number' || typeof name !== 'string') {
    // What only the deployment knows is like no other.
    return [{ name: `${index}`, priority: -1 - index, capacity: 0 }];
  }
  return [{ name, priority, capacity: capacityOf(at(rule, 'Statement'), reading) }];
}

/** WCU that are known; a rule of unknown capacity takes at least one. */
function capacityOf(statement: Value, reading: Reading): number {
  const managed = at(statement, 'ManagedRuleGroupStatement', 'Name');
  if (typeof managed === 'string') return CAPACITY[managed] ?? 1;
  const group = at(statement, 'RuleGroupReferenceStatement', 'Arn');
  const own = group === undefined ? undefined : groupOf(group, reading);
  const capacity = own && number(reading.get(own, 'Capacity'));
  return typeof capacity === 'number' ? capacity : 1;
}

function groupOf(arn: Value, reading: Reading): Resource | undefined {
  return reading.deployment
    .resources('AWS::WAFv2::RuleGroup')
    .find((group) => words(arn).includes(`\${${group.logicalId}.Arn}`));
}

function rateOf(rule: Value, index: number): [number, WebFirewallRate][] {
  const statement = at(rule, 'Statement', 'RateBasedStatement');
  const limit = number(at(statement, 'Limit'));
  const window = number(at(statement, 'EvaluationWindowSec')) ?? WINDOW;
  if (typeof limit !== 'number' || typeof window !== 'number') return [];
  return [[index, { name: words(at(rule, 'Name')), limit, window }]];
}
