import { type TemplateCheck, violation } from './support/check.js';
import { at, isMap, listOf, mapsOf, words } from './support/read.js';
import { Text, type Value } from './support/value.js';

export const firewallBody: TemplateCheck = {
  id: 'firewall-body',
  severity: 'warning',
  reason:
    'AWS WAF looks at the first 8 KiB of a body behind a load balancer and at 16 to 64 KiB elsewhere. With SizeRestrictions_BODY left to count, what comes after passes unseen.',
  fix: 'Let SizeRestrictions_BODY block, or add a rule that blocks bodies above what is inspected (`OversizeHandling` MATCH).',
  types: ['AWS::WAFv2::WebACL'],
  run(list, reading) {
    const rules = listOf(reading.get(list, 'Rules'));
    const drawn = rules.some(
      (rule) => at(rule, 'Action', 'Block') !== undefined && limitsBody(at(rule, 'Statement')),
    );
    return rules.flatMap((rule, index) => {
      const group = at(rule, 'Statement', 'ManagedRuleGroupStatement');
      const counted = [
        ...mapsOf(at(group, 'RuleActionOverrides')).filter(
          (override) => at(override, 'ActionToUse', 'Count') !== undefined,
        ),
        ...mapsOf(at(group, 'ExcludedRules')),
      ].some(({ Name: name }) => /^SizeRestrictions_BODY$/i.test(words(name)));
      if (!counted || drawn) return [];
      const expected = 'Block, or a rule of your own that blocks by size';
      const path = ['Rules', index, 'Statement', 'ManagedRuleGroupStatement'];
      return [violation(path, 'what is not inspected of a body passes', { found: 'Count', expected })];
    });
  },
};

/** A size constraint on the body, alone or inside others. */
function limitsBody(statement: Value): boolean {
  if (Array.isArray(statement)) return (statement as readonly Value[]).some(limitsBody);
  if (!isMap(statement) || statement instanceof Text) return false;
  const field = at(statement, 'SizeConstraintStatement', 'FieldToMatch');
  if (isMap(field) && (field['Body'] !== undefined || field['JsonBody'] !== undefined)) return true;
  return Object.values(statement).some(limitsBody);
}
