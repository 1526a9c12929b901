import type { Template } from '../../plan/refs.js';
import { canonicalPatterns } from '../../policy/canonical.js';
import type { JsonObject } from '../../policy/request.js';
import { FILTERS } from '../filter-order.js';
import { rbacFilter } from './rbac.js';

/** The name of the one policy, which no rule's id can be; the local reply turns it into a 400. */
export const NON_CANONICAL = '!noncanonical';

const { target, escapes, utf8, method, authority } = canonicalPatterns;

/** Refuses what is not canonical. The two expressions about escapes are asked only of a path that has one. */
export function canonicalFilter(): Template {
  return rbacFilter(FILTERS.canonical, 'canonical', {
    [NON_CANONICAL]: {
      principals: [{ any: true }],
      permissions: [
        notRule({ header: { name: ':path', string_match: regex(target) } }),
        {
          and_rules: {
            rules: [
              { url_path: { path: { contains: '%' } } },
              {
                or_rules: {
                  rules: [escapes, utf8].map((pattern) => notRule({ url_path: { path: regex(pattern) } })),
                },
              },
            ],
          },
        },
        notRule({ header: { name: ':method', string_match: regex(method) } }),
        notRule({ header: { name: ':authority', string_match: regex(authority) } }),
      ],
    },
  });
}

function notRule(rule: JsonObject): JsonObject {
  return { not_rule: rule };
}

function regex(pattern: string): JsonObject {
  return { safe_regex: { regex: pattern } };
}
