import { elementPath } from '../model/element-path.js';
import type { AccessRule } from '../policy/policy.js';
import { type Check, type Finding, finding } from './support/check.js';
import { admitsAll, refusesAsMuch } from './support/covers.js';
import { type Enforced, enforcedRules } from './support/enforced.js';
import { RuleIndex } from './support/rule-index.js';

type Covers = (a: AccessRule, b: AccessRule) => boolean;

/** A rule that changes nothing, because another of the same effect covers all of it. */
export const shadowedRule: Check = {
  id: 'shadowed-rule',
  severity: 'warning',
  optOut: true,
  run(context) {
    const enforced = enforcedRules(context);
    return enforced.services.flatMap(({ allows, denies }) => [
      ...shadowed(allows, admitsAll, enforced),
      ...shadowed(denies, refusesAsMuch, enforced),
    ]);
  },
};

function shadowed(rules: readonly AccessRule[], covers: Covers, { pathOf, placeOf }: Enforced): Finding[] {
  if (rules.length < 2) return [];
  const index = new RuleIndex(rules);
  return rules.flatMap((rule) => {
    const wider = index.candidates(rule).find((other) => {
      // Of two rules that cover each other, the later one is the needless one.
      const isEarlier = placeOf(other) < placeOf(rule);
      return other.id !== rule.id && covers(other, rule) && (isEarlier || !covers(rule, other));
    });
    if (!wider) return [];
    const message = `this changes nothing: ${elementPath(pathOf(wider))} covers it`;
    return [finding(pathOf(rule), message, { remedy: 'remove it, or narrow the other' })];
  });
}
