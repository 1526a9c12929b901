import type { Rule } from '../../model/access.js';
import type { EgressRule } from '../../model/egress.js';
import type { Pipeline, Provider } from '../../model/identity.js';
import type { PlainModel } from '../../model/plain-model.js';
import type { Principal, UserSelector } from '../../model/principal.js';
import type { Engine } from '../../model/service.js';
import { egressRuleId } from '../../plan/egress.js';
import { audiencesFor, tokenProviders } from '../../plan/issuers.js';
import { trustDomainOf } from '../../plan/names.js';
import { policyOf, ruleId } from '../../plan/policy.js';
import type { Policy } from '../../policy/policy.js';

/** A rule and where it stands. */
export interface LocatedRule {
  readonly rule: Rule;
  /** Its id in the plan. */
  readonly id: string;
  /** `access[2]`. */
  readonly path: readonly ['access', number];
}

/** A principal of a rule and where it stands. */
export interface LocatedPrincipal extends LocatedRule {
  readonly principal: Principal;
  /** Its place among the rule's principals. */
  readonly index: number;
  /** `access[2].principals[0]`. */
  readonly at: readonly (string | number)[];
}

/** An egress rule and where it stands. */
export interface LocatedEgressRule {
  readonly rule: EgressRule;
  /** Its id in the plan. */
  readonly id: string;
  /** `egress[2]`. */
  readonly path: readonly ['egress', number];
}

/** What the checks look at, laid out once. */
export interface CheckContext {
  readonly model: PlainModel;
  readonly engine: Engine;
  readonly now: Date;
  readonly rules: readonly LocatedRule[];
  readonly principals: readonly LocatedPrincipal[];
  readonly egress: readonly LocatedEgressRule[];
  readonly providers: ReadonlyMap<string, Provider>;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  /** The policy that `decide` would judge by. */
  readonly policy: Policy;
  /** The providers whose tokens a service accepts and a point can read, of those the selector means. */
  readonly accepted: (user: UserSelector, service: string) => readonly [string, Provider][];
}

export function contextOf(
  model: PlainModel,
  engine: Engine,
  now: Date,
  policy: Policy = policyOf(model, trustDomainOf(model, engine)),
): CheckContext {
  const rules = model.access.map(
    (rule, index): LocatedRule => ({ rule, id: ruleId(rule), path: ['access', index] }),
  );
  const audiences = new Map(
    Object.keys(model.services).map((service) => [service, audiencesFor(model, service)]),
  );
  const readable = tokenProviders(model);
  return {
    model,
    engine,
    now,
    rules,
    principals: rules.flatMap((located) =>
      located.rule.principals.map((principal, index) => ({
        ...located,
        principal,
        index,
        at: [...located.path, 'principals', index],
      })),
    ),
    egress: (model.egress ?? []).map((rule, index) => ({
      rule,
      id: egressRuleId(rule),
      path: ['egress', index],
    })),
    providers: new Map(Object.entries(model.identity?.providers ?? {})),
    pipelines: new Map(Object.entries(model.identity?.pipelines ?? {})),
    policy,
    accepted: ({ issuer }, service) =>
      readable.filter(
        ([name]) => (issuer === undefined || issuer === name) && audiences.get(service)?.[name] !== undefined,
      ),
  };
}

/** The user whose token a principal asks for, if it asks for one. */
export function userOf(principal: Principal): UserSelector | undefined {
  if (principal.kind === 'user') return principal;
  return principal.kind === 'workload' ? principal.forUser : undefined;
}

/** Where the user of `userOf` stands. */
export function userPath({ principal, at }: LocatedPrincipal): readonly (string | number)[] {
  return principal.kind === 'workload' ? [...at, 'forUser'] : at;
}

/** Whether the rule decides at that instant, rather than only being watched, or being over. */
export function isEnforced(rule: Rule | EgressRule, now: Date): boolean {
  return !isOver(rule, now) && (rule.audit === undefined || Date.parse(rule.audit.until) <= now.getTime());
}

/** Whether the allow has ended. */
export function isOver(rule: Rule | EgressRule, now: Date): boolean {
  const { until } = endingOf(rule);
  return until !== undefined && Date.parse(until) <= now.getTime();
}

/** An allow may end, a deny does not. */
export function endingOf(rule: Rule | EgressRule): { readonly until?: string } {
  return rule.effect === 'allow' ? rule : {};
}
