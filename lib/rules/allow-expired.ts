import { excerpt } from '../diagnostic.js';
import { type Check, finding } from './support/check.js';
import { endingOf, isOver } from './support/context.js';

/** An allow that is over: no point admits anybody by it, and the model still reads otherwise. */
export const allowExpired: Check = {
  id: 'allow-expired',
  severity: 'warning',
  optOut: true,
  run: ({ rules, egress, now }) =>
    [...rules, ...egress]
      .filter(({ rule }) => isOver(rule, now))
      .map(({ rule, path }) =>
        finding([...path, 'until'], 'the rule is over; it admits nothing', {
          found: excerpt(endingOf(rule).until),
          remedy: 'remove the rule, or name a later instant',
        }),
      ),
};
