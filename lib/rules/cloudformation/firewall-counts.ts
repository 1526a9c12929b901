import { type TemplateCheck, type TemplateFinding, undecided, violation } from './support/check.js';
import { at, document, listOf, mapsOf, shown, text, words } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { Text, type Value } from './support/value.js';
import { allOverridden, labelsAreStopped, onlyCounts } from './support/web-acl.js';

const GROUPS = ['ManagedRuleGroupStatement', 'RuleGroupReferenceStatement'];
const MESSAGE = 'the rule blocks nothing';

export const firewallCounts: TemplateCheck = {
  id: 'firewall-counts',
  severity: 'error',
  reason:
    'A rule group whose actions are overridden with Count, as a whole or each of its rules, or a rate rule that counts, blocks nothing.',
  fix: 'Set `OverrideAction` to `None` (of a rate rule `Action` to `Block`) once the counts show that nobody is hit, or let a later rule block by the labels.',
  types: ['AWS::WAFv2::WebACL', 'AWS::WAFv2::RuleGroup', 'AWS::FMS::Policy'],
  run(list, reading) {
    if (list.type === 'AWS::FMS::Policy') return managedCentrally(list, reading);
    const rules = listOf(reading.get(list, 'Rules'));
    const found = rules.flatMap((rule, index) => counted(rule, index, rules, reading));
    if (found.length > 0 || list.type === 'AWS::WAFv2::WebACL' || !onlyCounts(rules)) return found;
    const detail = { found: 'every rule counts and none labels', expected: 'Action Block' };
    return [violation(['Rules'], 'the group blocks nothing', detail)];
  },
};

function counted(rule: Value, index: number, rules: readonly Value[], reading: Reading): TemplateFinding[] {
  const statement = at(rule, 'Statement');
  const isGroup = GROUPS.some((name) => at(statement, name) !== undefined);
  const isRate = at(statement, 'RateBasedStatement') !== undefined;
  if (!isGroup && !isRate) return [];
  const key = isGroup ? 'OverrideAction' : 'Action';
  const action = at(rule, key);
  const expected = isGroup ? 'OverrideAction None' : 'Action Block';
  if (action instanceof Text) return [undecided(['Rules', index, key], action, expected)];
  if (labelsAreStopped(rule, index, rules)) return [];
  const name = shown(text(at(rule, 'Name')));
  if (at(action, 'Count') !== undefined) {
    return [violation(['Rules', index, key], MESSAGE, { found: `${name} counts`, expected })];
  }
  if (!isGroup || !allOverridden(statement, reading)) return [];
  const found = `each rule of ${name} counts or allows`;
  return [violation(['Rules', index, 'Statement'], MESSAGE, { found, expected: 'rules that block' })];
}

/** Groups that Firewall Manager puts before and after the rules of lists in all accounts. */
function managedCentrally(policy: Resource, reading: Reading): TemplateFinding[] {
  const data = at(reading.get(policy, 'SecurityServicePolicyData'), 'ManagedServiceData');
  const service = document(data);
  return ['preProcessRuleGroups', 'postProcessRuleGroups'].flatMap((place) =>
    mapsOf(at(service, place))
      .filter(({ overrideAction: action }) => /^COUNT$/i.test(words(at(action, 'type'))))
      .map((_, index) =>
        violation(['SecurityServicePolicyData', 'ManagedServiceData', place, index], MESSAGE, {
          found: 'COUNT',
          expected: 'overrideAction NONE',
        }),
      ),
  );
}
