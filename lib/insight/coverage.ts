import type { Plan } from '../plan/plan.js';
import { pathOf } from '../policy/canonical.js';
import { passes } from '../policy/claim.js';
import { type Facts, holds } from '../policy/condition.js';
import type { Decision } from '../policy/decide.js';
import { type PolicyIndex, rulesFor } from '../policy/index-rules.js';
import { CONNECTION } from '../policy/operation.js';
import { type AccessRule, type ClaimTest, endOf, type PolicyPrincipal } from '../policy/policy.js';
import { isAdmitted, isDenied } from '../policy/principal.js';
import type { Request } from '../policy/request.js';
import { isThroughGateway } from '../policy/through-gateway.js';
import { judgeToken } from '../policy/token.js';
import { describeCondition, describePrincipal } from './describe.js';
import { egressIndexOf } from './egress.js';
import { planIndex } from './plan-index.js';

/** What the tests of a model that passed have met of its rules. */
export interface CoverageReport {
  /** Rules that decided a test, or would have, in audit. */
  readonly rules: { readonly met: number; readonly all: number };
  /**
   * Sides of conditions, and of claims that principals ask for: each is to hold once and to fail once, for somebody of whom
   * its rule speaks, or would with that principal's claims.
   */
  readonly conditions: { readonly met: number; readonly all: number };
  /** What is missing, for people: `refund: never decided`. */
  readonly missing: readonly string[];
}

/** Counts which rules decided, and which of their conditions held and failed. */
export class Coverage {
  readonly #decided = new Set<string>();
  readonly #sides = new Set<string>();

  constructor(private readonly plan: Plan) {}

  /** What one point decided, the one that decides for the whole way, and the request as that point saw it. */
  add(point: string, request: Request, decision: Decision): void {
    // Whatever is answered before the rules are asked shows nothing of them.
    const isByRules = decision.outcome === 'allow' || decision.needed !== undefined;
    const { service } = decision;
    if (!isByRules || service === undefined) return;
    for (const id of [decision.rule, decision.wouldAllow, decision.wouldRefuse]) {
      if (id !== undefined) this.#decided.add(id);
    }
    const index = point === this.plan.egress?.key ? egressIndexOf(this.plan)! : planIndex(this.plan);
    const facts = factsOf(index, service, request);
    for (const rule of rulesFor(index, service, request.method, pathOf(request.path))) {
      // It decides nothing any more, whatever its conditions are.
      if (request.now >= (endOf(rule) ?? Number.POSITIVE_INFINITY)) continue;
      for (const { text, isAsked, isMet } of wantsOf(rule, this.plan)) {
        if (isAsked(facts)) this.#sides.add(`${rule.id} ${isMet(facts)} ${text}`);
      }
    }
  }

  report(): CoverageReport {
    const rules = rulesOf(this.plan);
    const never = rules.filter(({ id }) => !this.#decided.has(id));
    const sides = rules.flatMap((rule) =>
      wantsOf(rule, this.plan).flatMap(({ text }) =>
        [true, false].map((side) => ({
          met: this.#sides.has(`${rule.id} ${side} ${text}`),
          text: `${rule.id}: never ${side ? 'with' : 'without'} ${text}`,
        })),
      ),
    );
    const missed = sides.filter(({ met }) => !met);
    return {
      rules: { met: rules.length - never.length, all: rules.length },
      conditions: { met: sides.length - missed.length, all: sides.length },
      missing: [...never.map(({ id }) => `${id}: never decided`), ...missed.map(({ text }) => text)],
    };
  }
}

/** What is to hold once and to fail once. */
interface Want {
  readonly text: string;
  /** Whether it matters to the rule that it holds. */
  readonly isAsked: (facts: Facts) => boolean;
  readonly isMet: (facts: Facts) => boolean;
}

function wantsOf(rule: AccessRule, plan: Plan): Want[] {
  const speaks = rule.effect === 'allow' ? isAdmitted : isDenied;
  const isSpoken = (facts: Facts) => rule.principals.some((principal) => speaks(principal, facts));
  const wants = [
    ...rule.principals.flatMap((principal) => claimWants(principal, speaks, plan)),
    ...rule.conditions.map((condition) => ({
      text: describeCondition(condition),
      isAsked: isSpoken,
      isMet: (facts: Facts) => holds(condition, facts),
    })),
  ];
  // Users of several issuers, each with the same group, are one thing to test.
  const texts = [...new Set(wants.map(({ text }) => text))];
  return texts.map((text) => {
    const same = wants.filter((want) => want.text === text);
    return { text, isMet: same[0]!.isMet, isAsked: (facts) => same.some(({ isAsked }) => isAsked(facts)) };
  });
}

/** The claims that a principal asks for, one by one; those of a pipeline together, since together they say which it is. */
function claimWants(principal: PolicyPrincipal, speaks: typeof isAdmitted, plan: Plan): Want[] {
  const user = principal.kind === 'workload' ? principal.forUser : principal;
  if (user === undefined || !('claims' in user) || user.claims.length === 0) return [];
  const anyOf = { ...user, claims: [] };
  const bare = principal.kind === 'workload' ? { ...principal, forUser: anyOf } : anyOf;
  const isAsked = (facts: Facts) => speaks(bare as PolicyPrincipal, facts);
  const isMet = (tests: readonly ClaimTest[]) => (facts: Facts) =>
    facts.token !== undefined && tests.every((test) => passes(facts.token!.claims, test));
  if (plan.policy.issuers[user.issuer]?.kind === 'pipeline') {
    const text = `the claims of ${describePrincipal(principal, plan, 'deny')}`;
    return [{ text, isAsked, isMet: isMet(user.claims) }];
  }
  return user.claims.map((test) => ({
    text: describeCondition({ kind: 'claim', test }),
    isAsked,
    isMet: isMet([test]),
  }));
}

/** Every rule of a plan, those for calls that leave as well; no two have one id. */
export function rulesOf({ policy, egress }: Plan): AccessRule[] {
  const services = [policy, ...(egress ? [egress.policy] : [])].flatMap((one) => Object.values(one.services));
  return services.flatMap(({ rules }) => rules);
}

/** What rules look at, where they are asked. A connection, and a call that leaves, carries no token. */
function factsOf(index: PolicyIndex, service: string, request: Request): Facts {
  const now = Math.floor(request.now);
  const credential = request.method === CONNECTION ? ({ kind: 'none' } as const) : request.credential;
  const verdict = judgeToken(index, service, credential, now);
  const throughGateway = isThroughGateway(index.policy, request);
  return { request, now, throughGateway, ...(verdict.kind === 'valid' && { token: verdict.token }) };
}
