import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';
import { endingOf } from './support/context.js';

/** An allow that is over before its audit is: it never admits. */
export const auditPastEnd: Check = {
  id: 'audit-past-end',
  severity: 'error',
  optOut: false,
  run: ({ rules, egress }) =>
    [...rules, ...egress].flatMap(({ rule, path }) => {
      const { until } = endingOf(rule);
      const { audit } = rule;
      if (until === undefined || audit === undefined) return [];
      if (Date.parse(audit.until) < Date.parse(until)) return [];
      const message = 'this never admits: the rule is over before its audit is';
      const remedy = 'let the audit end before the rule does';
      return [finding([...path, 'audit', 'until'], message, { found: excerpt(audit.until), remedy })];
    }),
};
