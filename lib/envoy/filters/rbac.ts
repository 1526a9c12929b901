import type { Template } from '../../plan/refs.js';
import type { Policies } from '../../policy/compile/envoy/index.js';
import { type FilterName, METADATA_PREFIX } from '../filter-order.js';
import { extension } from '../types.js';

type Prefix = keyof typeof METADATA_PREFIX;
type Action = 'ALLOW' | 'DENY';

/**
 * An RBAC filter that refuses every request that one of these policies fits. Before that it writes down
 * which of the others fits, for the log.
 */
export function rbacFilter(
  name: FilterName,
  prefix: Prefix,
  policies: Policies,
  look?: { readonly prefix: Prefix; readonly policies: Policies },
): Template {
  return filter(name, {
    ...(look && {
      shadow_rules: rules('ALLOW', look.policies),
      shadow_rules_stat_prefix: METADATA_PREFIX[look.prefix],
    }),
    rules: rules('DENY', policies),
    rules_stat_prefix: METADATA_PREFIX[prefix],
    track_per_rule_stats: true,
  });
}

/** An RBAC filter that refuses what some policies of a route say, and writes down what others say. */
export function guardFilter(name: FilterName, prefix: Prefix): Template {
  const stats = METADATA_PREFIX[prefix];
  return filter(name, { rules_stat_prefix: stats, shadow_rules_stat_prefix: stats });
}

/** An RBAC filter that refuses what the policies of a route refuse, and nothing where a route brings none. */
export function denyFilter(name: FilterName, prefix: Prefix): Template {
  return filter(name, { rules_stat_prefix: METADATA_PREFIX[prefix] });
}

/** An RBAC filter that admits what the policies of a route admit, and nothing where a route brings none. */
export function allowFilter(name: FilterName, prefix: Prefix): Template {
  return filter(name, { rules: { action: 'ALLOW' }, rules_stat_prefix: METADATA_PREFIX[prefix] });
}

/** An RBAC filter that only writes down what it would have done, by the policies of a route. */
export function lookFilter(name: FilterName, prefix: Prefix): Template {
  return filter(name, { shadow_rules_stat_prefix: METADATA_PREFIX[prefix] });
}

/** A route's policies. `rbac` is always there: without it the filter is off (measured). */
export function rbacPerRoute(action: Action, policies: Policies): Template {
  return perRoute({ rules: rules(action, policies), track_per_rule_stats: true });
}

/** A route's policies that refuse, and others that are only looked at. */
export function guardPerRoute(refuse: Policies, look: Policies): Template {
  return perRoute({
    rules: rules('DENY', refuse),
    shadow_rules: rules('ALLOW', look),
    track_per_rule_stats: true,
  });
}

/** What a route's policies would have done, for a later filter or the answer; nobody counts it. */
export function lookPerRoute(action: Action, policies: Policies): Template {
  return perRoute({ shadow_rules: rules(action, policies) });
}

/** What a route's rules in audit mode would have done, counted by rule. */
export function auditPerRoute(action: Action, policies: Policies): Template {
  return perRoute({ shadow_rules: rules(action, policies), track_per_rule_stats: true });
}

function filter(name: FilterName, config: { readonly [name: string]: Template }): Template {
  return { name, typed_config: { '@type': extension('filters.http.rbac.v3.RBAC'), ...config } };
}

function perRoute(rbac: Template): Template {
  return { '@type': extension('filters.http.rbac.v3.RBACPerRoute'), rbac };
}

function rules(action: Action, policies: Policies): Template {
  return { action, policies: policies as Template };
}
