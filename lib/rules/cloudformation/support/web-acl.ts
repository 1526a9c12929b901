import { at, isMap, listOf, mapsOf, number, referencesIn, text, words } from './read.js';
import type { Reading } from './reading.js';
import { Text, type Value } from './value.js';

/** Actions that stop a request, or make its sender prove something. */
const STOPS = ['Block', 'Captcha', 'Challenge'];

export function stops(action: Value): boolean {
  return STOPS.some((name) => at(action, name) !== undefined);
}

/** "AWS Managed Rules rule groups list", AWS WAF: labels of a group begin with `awswaf:managed:aws:` and this. */
const NAMESPACES: Readonly<Record<string, string>> = {
  AWSManagedRulesCommonRuleSet: 'core-rule-set',
  AWSManagedRulesAdminProtectionRuleSet: 'admin-protection',
  AWSManagedRulesKnownBadInputsRuleSet: 'known-bad-inputs',
  AWSManagedRulesSQLiRuleSet: 'sql-database',
  AWSManagedRulesLinuxRuleSet: 'linux-os',
  AWSManagedRulesUnixRuleSet: 'posix-os',
  AWSManagedRulesWindowsRuleSet: 'windows-os',
  AWSManagedRulesPHPRuleSet: 'php-app',
  AWSManagedRulesWordPressRuleSet: 'wordpress-app',
  AWSManagedRulesAmazonIpReputationList: 'amazon-ip-list',
  AWSManagedRulesAnonymousIpList: 'anonymous-ip-list',
  AWSManagedRulesBotControlRuleSet: 'bot-control',
  AWSManagedRulesATPRuleSet: 'atp',
  AWSManagedRulesACFPRuleSet: 'acfp',
  AWSManagedRulesAntiDDoSRuleSet: 'anti-ddos',
};

/** The same list: how many rules the smaller groups have. */
const SIZES: Readonly<Record<string, number>> = {
  AWSManagedRulesAdminProtectionRuleSet: 1,
  AWSManagedRulesAnonymousIpList: 2,
  AWSManagedRulesWordPressRuleSet: 2,
  AWSManagedRulesAmazonIpReputationList: 3,
  AWSManagedRulesLinuxRuleSet: 3,
  AWSManagedRulesPHPRuleSet: 3,
  AWSManagedRulesSQLiRuleSet: 9,
};

/** Whether a later rule stops what one of these only labels. */
export function labelsAreStopped(rule: Value, index: number, rules: readonly Value[]): boolean {
  const before = orderOf(rule, index);
  return rules.some((other, place) => {
    if (orderOf(other, place) <= before || !stops(at(other, 'Action'))) return false;
    return labelsAskedBy(at(other, 'Statement')).some((label) => gives(rule, label));
  });
}

function orderOf(rule: Value, index: number): number {
  const priority = number(at(rule, 'Priority'));
  return typeof priority === 'number' ? priority : index;
}

/** Labels that a statement wants to be there, alone or with others; not those inside a negation. */
function labelsAskedBy(statement: Value): string[] {
  const label = text(at(statement, 'LabelMatchStatement', 'Key'));
  const inner = ['AndStatement', 'OrStatement'].flatMap((name) => listOf(at(statement, name, 'Statements')));
  const scoped = listOf(at(statement, 'RateBasedStatement', 'ScopeDownStatement'));
  return [...(label === undefined ? [] : [words(label)]), ...[...inner, ...scoped].flatMap(labelsAskedBy)];
}

function gives(rule: Value, label: string): boolean {
  const own = mapsOf(at(rule, 'RuleLabels')).map(({ Name: name }) => words(name));
  if (own.some((name) => name !== '' && (label === name || label.endsWith(`:${name}`)))) return true;
  const statement = at(rule, 'Statement');
  const group = at(statement, 'ManagedRuleGroupStatement');
  const isGroup = group !== undefined || at(statement, 'RuleGroupReferenceStatement') !== undefined;
  const namespace = NAMESPACES[words(at(group, 'Name'))];
  if (namespace !== undefined) return label.startsWith(`awswaf:managed:aws:${namespace}:`);
  // Labels of groups of your own, and of other vendors, have names that no template tells.
  return isGroup && !label.startsWith('awswaf:managed:aws:');
}

/** Whether each rule of a group is overridden with an action that stops nothing. */
export function allOverridden(statement: Value, reading: Reading): boolean {
  const managed = at(statement, 'ManagedRuleGroupStatement');
  const own = at(statement, 'RuleGroupReferenceStatement');
  const overrides = mapsOf(at(managed ?? own, 'RuleActionOverrides'));
  const passing = new Set(
    overrides
      .filter(({ ActionToUse: action }) => isMap(action) && !stops(action))
      .map(({ Name: name }) => words(name)),
  );
  const names = referencesIn(at(own, 'Arn')).flatMap(({ resource }) =>
    listOf(reading.get(resource, 'Rules')).map((rule) => words(at(rule, 'Name'))),
  );
  if (own !== undefined) return names.length > 0 && names.every((name) => passing.has(name));
  const size = SIZES[words(at(managed, 'Name'))];
  return size !== undefined && passing.size >= size;
}

/** Whether a group of your own stops nothing by itself and labels nothing for whoever uses it. */
export function onlyCounts(rules: readonly Value[]): boolean {
  return (
    rules.length > 0 &&
    rules.every(
      (rule) =>
        !(rule instanceof Text) &&
        at(rule, 'Action', 'Count') !== undefined &&
        at(rule, 'RuleLabels') === undefined,
    )
  );
}
