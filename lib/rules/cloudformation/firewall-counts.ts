import { type TemplateCheck, undecided, violation } from './support/check.js';
import { at, listOf, shown, text } from './support/read.js';
import { Text } from './support/value.js';

const GROUPS = ['ManagedRuleGroupStatement', 'RuleGroupReferenceStatement'];

export const firewallCounts: TemplateCheck = {
  id: 'firewall-counts',
  severity: 'error',
  reason: 'A rule group whose actions are overridden with Count, or a rate rule that counts, blocks nothing.',
  fix: 'Set `OverrideAction` to `None` (of a rate rule `Action` to `Block`) once the counts show that nobody is hit.',
  types: ['AWS::WAFv2::WebACL', 'AWS::WAFv2::RuleGroup'],
  run: (list, reading) =>
    listOf(reading.get(list, 'Rules')).flatMap((rule, index) => {
      const statement = at(rule, 'Statement');
      const isGroup = GROUPS.some((name) => at(statement, name) !== undefined);
      const isRate = at(statement, 'RateBasedStatement') !== undefined;
      if (!isGroup && !isRate) return [];
      const key = isGroup ? 'OverrideAction' : 'Action';
      const action = at(rule, key);
      const expected = isGroup ? 'OverrideAction None' : 'Action Block';
      if (action instanceof Text) return [undecided(['Rules', index, key], action, expected)];
      if (at(action, 'Count') === undefined) return [];
      const found = `${shown(text(at(rule, 'Name')))} counts`;
      return [violation(['Rules', index, key], 'the rule blocks nothing', { found, expected })];
    }),
};
