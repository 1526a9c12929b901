import { type Check, type Finding, finding } from './support/check.js';
import { refusesAll } from './support/covers.js';
import { enforcedRules } from './support/enforced.js';
import { RuleIndex } from './support/rule-index.js';
import { elementPath } from '../model/element-path.js';

/** An allow that never admits, because a deny without `unless` covers all of it. */
export const contradictoryRule: Check = {
  id: 'contradictory-rule',
  severity: 'error',
  optOut: false,
  run(context) {
    const { services, pathOf } = enforcedRules(context);
    return services.flatMap(({ allows, denies }): Finding[] => {
      const always = denies.filter(({ conditions }) => conditions.length === 0);
      if (always.length === 0) return [];
      const index = new RuleIndex(always);
      return allows.flatMap((allow) => {
        const deny = index.candidates(allow).find((candidate) => refusesAll(candidate, allow));
        if (!deny) return [];
        const message = `this never admits: ${elementPath(pathOf(deny))} always refuses it`;
        return [finding(pathOf(allow), message, { remedy: 'remove one of them, or narrow the deny' })];
      });
    });
  },
};
