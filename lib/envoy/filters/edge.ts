import type { Template } from '../../plan/refs.js';
import type { JsonObject } from '../../policy/request.js';
import { FILTERS } from '../filter-order.js';
import { rbacFilter } from './rbac.js';

/** The name of the one policy, which no rule's id can be. */
const OTHER_EDGE = '!other-edge';

/**
 * Refuses every host but these. Two listeners of a gateway share its routes, and what hangs on the client's own connection
 * is judged at another point for the hosts of each.
 */
export function edgeFilter(hosts: readonly string[]): Template {
  // Envoy takes no empty list.
  const isOther: JsonObject =
    hosts.length === 0 ? { any: true } : { not_rule: { or_rules: { rules: hosts.map(isHost) } } };
  return rbacFilter(FILTERS.edge, 'edge', {
    [OTHER_EDGE]: { permissions: [isOther], principals: [{ any: true }] },
  });
}

/** In any case and with any port, as routes are found. */
function isHost(host: string): JsonObject {
  const regex = `(?i:${host.replaceAll('.', '\\.')})(?::[0-9]{1,5})?`;
  return { header: { name: ':authority', string_match: { safe_regex: { regex } } } };
}
