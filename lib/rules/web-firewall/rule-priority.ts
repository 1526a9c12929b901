import { finding } from '../support/check.js';
import type { WebFirewallCheck } from './support/declaration.js';

/** Two rules of one priority, or of one name: which is meant first nobody can say, and AWS refuses the list. */
export const rulePriority: WebFirewallCheck = {
  id: 'rule-priority',
  severity: 'error',
  run({ rules }) {
    return rules.flatMap(({ name, priority }, index) => {
      const before = rules.slice(0, index);
      const sameName = before.some((other) => other.name === name);
      const samePriority = before.find((other) => other.priority === priority);
      if (!sameName && !samePriority) return [];
      return [
        finding(['rules', index], sameName ? 'two rules have this name' : 'two rules have this priority', {
          found: sameName ? JSON.stringify(name) : `${priority}, as "${samePriority?.name}" has`,
          expected: 'every rule with a name and a priority of its own',
          remedy: 'Give the rule another; the rules of the baseline have names that begin with "ztp-".',
        }),
      ];
    });
  },
};
