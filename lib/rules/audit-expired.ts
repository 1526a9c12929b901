import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';
import { isEnforced } from './support/context.js';

/** A rule whose audit has ended: every point enforces it already, and the model still reads otherwise. */
export const auditExpired: Check = {
  id: 'audit-expired',
  severity: 'warning',
  optOut: true,
  run: ({ rules, egress, now }) =>
    [...rules, ...egress]
      .filter(({ rule }) => rule.audit !== undefined && isEnforced(rule, now))
      .map(({ rule, path }) =>
        finding([...path, 'audit', 'until'], 'the audit has ended; the rule is enforced', {
          found: excerpt(rule.audit?.until),
          remedy: 'remove `audit`, or name a later date',
        }),
      ),
};
