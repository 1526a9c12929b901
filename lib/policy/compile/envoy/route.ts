import { type AccessRule, isStrength } from '../../policy.js';
import type { JsonObject } from '../../request.js';
import type { Revocation } from '../../revocation.js';
import * as cel from './cel.js';
import { navigation } from './login.js';
import { ANYBODY, anyOf, type Principal } from './matcher.js';
import { ANYTHING, type Permission, permissions } from './permission.js';
import type { CompilePoint } from './point.js';
import {
  allowPolicies,
  challengePrincipals,
  denyPolicies,
  grantedWhile,
  type Policies,
  type RoutedRule,
  relaxed,
} from './rule.js';

/** The policies of one route, by the RBAC filter that judges them. */
export interface RoutePolicies {
  /** What refuses. */
  readonly deny: Policies;
  /** What admits. */
  readonly allow: Policies;
  /** Which refusals become a challenge: names begin with `sign-in`, `step-up` or `token`. */
  readonly challenge: Policies;
  /**
   * What still refuses somebody who has authenticated more strongly, perhaps nothing. Absent where that
   * lifts no deny: whatever no deny refuses now, none would refuse then.
   */
  readonly lasting?: Policies;
  /** Denies in audit. */
  readonly auditDeny: Policies;
  /** Allows in audit. */
  readonly auditAllow: Policies;
}

/** The name under which an emergency deny of the service is logged; sorts before every rule. */
export const EMERGENCY = '!emergency';

/** Compile the rules of one route. */
export function routePolicies(
  point: CompilePoint,
  service: string,
  rules: readonly RoutedRule[],
  revocations: readonly Revocation[],
): RoutePolicies {
  const allows = rules.filter(({ rule }) => rule.effect === 'allow');
  const denies = rules.filter(({ rule }) => rule.effect === 'deny');
  const emergency = emergencyPolicies(service, revocations);
  const enforcedWhile = (rule: AccessRule) =>
    cel.and(
      rule.auditUntil === undefined ? undefined : cel.from(rule.auditUntil),
      rule.effect === 'allow' ? grantedWhile(rule, revocations) : undefined,
    );
  const isLiftable = denies.some(asksForStrength);
  return {
    deny: {
      ...emergency,
      ...merge(denies.map((routed) => denyPolicies(point, routed, enforcedWhile(routed.rule)))),
    },
    allow: merge(allows.map((routed) => allowPolicies(point, routed, enforcedWhile(routed.rule)))),
    challenge: {
      ...signInChallenges(point, service, tokenChallenges(point, allows, enforcedWhile)),
      // Without a deny to lift only an allow that asks for strength can admit more than it does.
      ...stepUpChallenges(point, isLiftable ? allows : allows.filter(asksForStrength), enforcedWhile),
    },
    ...(isLiftable && {
      lasting: {
        ...emergency,
        ...merge(denies.map((routed) => lastingPolicies(point, routed, enforcedWhile))),
      },
    }),
    auditDeny: merge(
      denies.map((routed) => audited(routed, revocations, (during) => denyPolicies(point, routed, during))),
    ),
    auditAllow: merge(
      allows.map((routed) => audited(routed, revocations, (during) => allowPolicies(point, routed, during))),
    ),
  };
}

function asksForStrength({ rule }: RoutedRule): boolean {
  return rule.conditions.some(isStrength);
}

type EnforcedWhile = (rule: AccessRule) => JsonObject | undefined;

const HAS_TOKEN: Permission = { header: { name: 'authorization', present_match: true } };

function emergencyPolicies(service: string, revocations: readonly Revocation[]): Policies {
  const ends = revocations.flatMap((entry) =>
    entry.kind === 'service' && entry.service === service ? [entry.until] : [],
  );
  if (ends.length === 0) return {};
  const condition = cel.before(Math.max(...ends));
  return { [EMERGENCY]: { permissions: [ANYTHING], principals: [ANYBODY], condition } };
}

/** One policy for all rules that are enforced at any time; one each for those that have a date. */
function tokenChallenges(
  point: CompilePoint,
  allows: readonly RoutedRule[],
  enforcedWhile: EnforcedWhile,
): Policies {
  const groups = Map.groupBy(
    allows.flatMap((routed) => {
      const principals = challengePrincipals(point, routed.rule);
      if (principals.length === 0) return [];
      const during = enforcedWhile(routed.rule);
      const who = anyOf(distinct(principals));
      return [{ routed, who, during, group: `${JSON.stringify(who)}${JSON.stringify(during)}` }];
    }),
    ({ group }) => group,
  );
  return Object.fromEntries(
    [...groups.values()].map((members, at): [string, JsonObject] => {
      const { who, during } = members[0]!;
      const operations = [...new Set(members.flatMap(({ routed }) => routed.operations))];
      // The cheap look for a token comes first, so that a request with one reads no further.
      const rules: Permission[] = [{ not_rule: HAS_TOKEN }, { or_rules: { rules: permissions(operations) } }];
      return [
        `token#${at}`,
        {
          permissions: [{ and_rules: { rules } }],
          principals: [who],
          ...(during && { condition: during }),
        },
      ];
    }),
  );
}

/** At a gateway of a service with login: the same for a browser that opens a page, under names that sort before. */
function signInChallenges(point: CompilePoint, service: string, challenges: Policies): Policies {
  if (point.kind !== 'gateway' || point.policy.services[service]?.login !== true) return challenges;
  const led = Object.entries(challenges).map(([name, value]): [string, JsonObject] => [
    name.replace('token', 'sign-in'),
    { ...value, permissions: [{ and_rules: { rules: [navigation(), orRules(value)] } }] },
  ]);
  return { ...Object.fromEntries(led), ...challenges };
}

function stepUpChallenges(
  point: CompilePoint,
  allows: readonly RoutedRule[],
  enforcedWhile: EnforcedWhile,
): Policies {
  const policies = merge(
    allows.map(({ rule, operations }) => {
      const loose = relaxed(rule);
      return loose ? allowPolicies(point, { rule: loose, operations }, enforcedWhile(rule)) : {};
    }),
  );
  return Object.fromEntries(
    Object.entries(policies).map(([name, value]) => [
      `step-up#${name}`,
      { ...value, permissions: [{ and_rules: { rules: [HAS_TOKEN, orRules(value)] } }] },
    ]),
  );
}

function orRules(policy: JsonObject): Permission {
  return { or_rules: { rules: policy['permissions'] as JsonObject[] } };
}

function lastingPolicies(point: CompilePoint, routed: RoutedRule, enforcedWhile: EnforcedWhile): Policies {
  const loose = relaxed(routed.rule);
  if (!loose) return {};
  return denyPolicies(point, { rule: loose, operations: routed.operations }, enforcedWhile(routed.rule));
}

function audited(
  { rule }: RoutedRule,
  revocations: readonly Revocation[],
  compile: (during: JsonObject | undefined) => Policies,
): Policies {
  if (rule.auditUntil === undefined) return {};
  const granted = rule.effect === 'allow' ? grantedWhile(rule, revocations) : undefined;
  return compile(cel.and(cel.before(rule.auditUntil), granted));
}

function distinct(principals: readonly Principal[]): Principal[] {
  const seen = new Map(principals.map((principal) => [JSON.stringify(principal), principal]));
  // `ANYBODY` is known by identity; equal text is the same principal.
  return [...seen.values()].map((principal) =>
    JSON.stringify(principal) === JSON.stringify(ANYBODY) ? ANYBODY : principal,
  );
}

function merge(policies: readonly Policies[]): Policies {
  return Object.assign({}, ...policies) as Policies;
}
