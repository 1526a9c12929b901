import { elementPath } from '../model/element-path.js';
import { egressNode } from '../plan/egress.js';
import { trustDomainOf } from '../plan/names.js';
import { type Check, finding } from './support/check.js';
import { isEnforced } from './support/context.js';
import { admitsAll } from './support/covers.js';

/** An egress rule that changes nothing, because another covers all of it. */
export const shadowedEgressRule: Check = {
  id: 'shadowed-egress-rule',
  severity: 'warning',
  optOut: true,
  run({ model, engine, now, egress }) {
    const enforced = new Map(
      egress
        .filter(({ rule }) => isEnforced(rule, now))
        .map((located, place) => [located.id, { ...located, place }]),
    );
    const { services = {} } = egressNode(model, trustDomainOf(model, engine))?.policy ?? {};
    return Object.values(services).flatMap(({ rules }) => {
      const own = rules.filter(({ id }) => enforced.has(id));
      return own.flatMap((rule) => {
        const { path, place } = enforced.get(rule.id)!;
        const wider = own.find(
          (other) =>
            other.id !== rule.id &&
            admitsAll(other, rule) &&
            // Of two rules that cover each other, the later one is the needless one.
            (enforced.get(other.id)!.place < place || !admitsAll(rule, other)),
        );
        if (!wider) return [];
        const message = `this changes nothing: ${elementPath(enforced.get(wider.id)!.path)} covers it`;
        return [finding(path, message, { remedy: 'remove it, or narrow the other' })];
      });
    });
  },
};
